"""The other end of a Unix socket, a socket pair's among them: known by the numbers of the sockets, else by process."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyhandles.findings.ends.end import End, held_end
from pyhandles.findings.processes import process_text, relation

if TYPE_CHECKING:
    from pyhandles.findings.ends.around import Around
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket
    from pyhandles.snapshot.records import Descriptor

FAMILY = 1
_CONNECTED, _LISTENS = 1, 10
_THEN = ", when it was connected"


def unix_end(around: Around, descriptor: Descriptor) -> End | None:
    if descriptor.listening == 1 or not descriptor.inode:
        return None
    sockets = around.snapshot.derive(UnixSockets)
    ends = sockets.ends(descriptor.inode)
    ours = sorted(fd for inode in ends for fd in around.ours(inode))
    theirs = sorted(row for inode in ends for row in around.theirs(inode))
    found = held_end(around.snapshot, ours, theirs)
    if found:
        return found
    row = sockets.row(descriptor.inode)
    if row and row.state == _CONNECTED:
        return _seen_nowhere(around, descriptor, is_numbered=bool(ends))
    return None if row and around.knows_sockets else _by_process(around, descriptor)


def _seen_nowhere(around: Around, descriptor: Descriptor, *, is_numbered: bool) -> End | None:
    """The other end of a connected socket; ``is_numbered``: some process has it, or it is on its way in a message."""
    if not is_numbered and around.knows_sockets:
        if around.snapshot.derive(UnixSockets).waits_at(descriptor.peer):
            return End("kernel", f"no process yet: it waits to be accepted at {descriptor.peer}")
        return End("gone", "nobody: it is closed")
    then = _by_process(around, descriptor)
    was_passed_on = is_numbered and then is not None and then.where == "here"
    return around.unseen() if then is None or was_passed_on else then


def _by_process(around: Around, descriptor: Descriptor) -> End | None:
    """Whoever stood at the other end when it was connected may have passed it on since."""
    file = around.files.get(descriptor.fd)
    if file is None or file.peer_pid <= 0:
        return None
    text = process_text(around.snapshot, file.peer_pid, full=True) + _THEN
    is_here = relation(around.snapshot, file.peer_pid) == "itself"
    return End("here", text) if is_here else End("process", text, pid=file.peer_pid)


class UnixSockets:
    """The system's, by number. Take it with ``snapshot.derive(UnixSockets)``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._rows: dict[int, Socket] = {}
        self._connected_to: dict[int, list[int]] = defaultdict(list)
        self._waiting: set[str] = set()
        for row in snapshot.sockets:
            if row.family != FAMILY:
                continue
            if row.inode:
                self._rows[row.inode] = row
            if row.inode and row.peer_inode:
                self._connected_to[row.peer_inode].append(row.inode)
            if row.state == _LISTENS and row.unread and row.local:
                self._waiting.add(row.local)

    def row(self, inode: int) -> Socket | None:
        return self._rows.get(inode)

    def ends(self, inode: int) -> list[int]:
        """What this one is connected to; of one that is not, those that are connected to it."""
        row = self._rows.get(inode)
        return [row.peer_inode] if row and row.peer_inode else self._connected_to.get(inode, [])

    def waits_at(self, address: str | None) -> bool:
        """Whether some wait to be accepted there."""
        return address in self._waiting
