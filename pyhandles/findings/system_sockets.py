"""Sockets of the system, this process's own and others: who has each of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.processes import processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import HeldElsewhere, Socket


class SystemSockets:
    """Take it with ``snapshot.derive(SystemSockets)``. The kernel's number of a socket is its inode.

    lost: those to which no descriptor of this process leads, though some process may have them. alone: those that no
    process can have any more: the kernel itself ends them.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        claims = snapshot.derive(Claims)
        self._here = {
            descriptor.inode: fd for fd, descriptor in claims.descriptors.items() if kind_of(descriptor) == "socket"
        }
        self._elsewhere: defaultdict[int, list[HeldElsewhere]] = defaultdict(list)
        for row in sorted(snapshot.held_elsewhere):
            self._elsewhere[row.inode].append(row)
        kernel, itself = snapshot.header.kernel, processes(snapshot).get(snapshot.header.process["pid"])
        self._all_seen = kernel is not None and not kernel["hidden"] and not kernel["processes"]
        self._user = itself.uid if itself else None
        sockets = list(snapshot.sockets)
        self._at = {self._here[socket.inode]: socket for socket in sockets if socket.inode in self._here}
        self.lost = [socket for socket in sockets if socket.inode and socket.inode not in self._here]
        self.alone = [socket for socket in sockets if not socket.inode]

    def at(self, fd: int) -> Socket | None:
        """What the kernel tells of the socket at this descriptor of ours."""
        return self._at.get(fd)

    def elsewhere(self, socket: Socket) -> Sequence[HeldElsewhere]:
        """Other processes' descriptors that lead to it, by pid and number; as far as they could be seen."""
        return self._elsewhere.get(socket.inode, ())

    def orphans(self) -> list[Socket]:
        """Those that exist and to which no descriptor leads that could be seen: a call is under way on them, say.

        Where the descriptors of some processes could not be seen, only those of the user that this process runs as.
        """
        return [
            socket
            for socket in self.lost
            if not self.elsewhere(socket) and (self._all_seen or socket.uid == self._user)
        ]
