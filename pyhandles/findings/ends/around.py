"""What every search for an other end looks into."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.ends.end import End
from pyhandles.findings.processes import unseen_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import HeldElsewhere


class Around:
    """The open files of this process, and what others hold, by number. Take it with ``snapshot.derive(Around)``.

    An inode of 0 is one that the kernel would not say, and leads nowhere.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.descriptors = snapshot.derive(Claims).descriptors
        self.files = {file.fd: file for file in snapshot.files}
        kernel = snapshot.header.kernel
        self.was_asked = kernel is not None
        self.knows_sockets = kernel is not None and kernel["sockets"] is None
        self.knows_processes = kernel is not None and kernel["processes"] is None and kernel["hidden"] <= 0
        self._ours: dict[int, list[int]] = defaultdict(list)
        for fd, descriptor in self.descriptors.items():
            self._ours[descriptor.inode].append(fd)
        self._theirs: dict[int, list[HeldElsewhere]] = defaultdict(list)
        self._terminals: dict[int, list[HeldElsewhere]] = defaultdict(list)
        for row in sorted(snapshot.held_elsewhere):
            self._theirs[row.inode].append(row)
            self._terminals[row.terminal].append(row)

    def ours(self, inode: int) -> Sequence[int]:
        """Our descriptors of files with this number, ascending."""
        return self._ours.get(inode, ()) if inode else ()

    def theirs(self, inode: int) -> Sequence[HeldElsewhere]:
        """Other processes' descriptors of files with this number, by pid and number."""
        return self._theirs.get(inode, ()) if inode else ()

    def at_terminal(self, number: int) -> Sequence[HeldElsewhere]:
        """Other processes' descriptors of the other end of a pseudoterminal of which an end is here."""
        return self._terminals.get(number, ()) if number >= 0 else ()

    def unseen(self, *, sockets: bool = True) -> End | None:
        """Of what is nowhere where it was possible to look. None where the kernel was not asked at all.

        It may be out of sight though every process in sight let itself be seen: in the container beside this one.
        sockets: whether it is a matter of these.
        """
        if not self.was_asked:
            return None
        note = unseen_note(self.snapshot, sockets=sockets)
        return End("unseen", f"not in this process; {note}" if note else "no process that is seen from here has it")
