"""Sockets with an address: those of this process's descriptors, and those of the system, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.findings.who.wanted import Wanted
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket
    from pyhandles.snapshot.records import Descriptor

UNIX, TCP, UDP = 1, 6, 17
LISTEN = 10
_INTERNET = frozenset({2, 10})
_STREAM = 1
_NOT_CONNECTED = frozenset({7, 10, 13})
"""CLOSE, LISTEN, and what the kernel calls a socket that is bound and does nothing else."""


class Bound(NamedTuple):
    """fds: of this process, ascending; none where no descriptor leads to it. row: the system's, None where not told."""

    inode: int
    family: int
    protocol: int
    socktype: int
    state: int
    local: str
    peer: str
    fds: tuple[int, ...]
    row: Socket | None

    @property
    def protocol_text(self) -> str:
        if self.family == UNIX:
            return "unix"
        return {TCP: "tcp", UDP: "udp"}.get(self.protocol, "ip")

    @property
    def is_listening(self) -> bool:
        return self.state == LISTEN

    @property
    def is_connection(self) -> bool:
        """Whether it has the address from one that listened there, or from connecting: nobody connects to it."""
        if self.family in _INTERNET and self.protocol == TCP:
            return self.state not in _NOT_CONNECTED
        return self.family == UNIX and self.socktype == _STREAM and self.state == 1

    @property
    def text(self) -> str:
        """``tcp 127.0.0.1:3001, which listens``."""
        peer = f" → {self.peer}" if self.peer and self.is_connection else ""
        return f"{self.protocol_text} {self.local}{peer}" + (", which listens" if self.is_listening else "")


def sockets_at(snapshot: Snapshot, wanted: Wanted) -> list[Bound]:
    """Those whose address is in the way of the wanted one: this process's first."""
    rows = {row.inode: row for row in snapshot.sockets if row.inode}
    fds: dict[int, list[int]] = {}
    for fd, descriptor in snapshot.derive(Claims).descriptors.items():
        if kind_of(descriptor) == "socket" and wanted.matches(descriptor.local):
            fds.setdefault(descriptor.inode or -1 - fd, []).append(fd)
    ours = [_ours(snapshot, tuple(numbers), rows.get(inode)) for inode, numbers in fds.items()]
    return [*ours, *_others(snapshot, wanted)]


def _ours(snapshot: Snapshot, fds: tuple[int, ...], row: Socket | None) -> Bound:
    descriptor = snapshot.derive(Claims).descriptors[fds[0]]
    return Bound(
        inode=descriptor.inode,
        family=descriptor.family,
        protocol=descriptor.protocol,
        socktype=descriptor.socktype,
        state=LISTEN if descriptor.listening == 1 else _state(descriptor, row),
        local=descriptor.local or "",
        peer=descriptor.peer or "",
        fds=fds,
        row=row,
    )


def _state(descriptor: Descriptor, row: Socket | None) -> int:
    return descriptor.state if descriptor.state >= 0 or row is None else row.state


def _others(snapshot: Snapshot, wanted: Wanted) -> Iterator[Bound]:
    """To which no descriptor of this process leads."""
    ours = {descriptor.inode for descriptor in snapshot.descriptors}
    for row in snapshot.sockets:
        if wanted.matches(row.local) and not (row.inode and row.inode in ours):
            yield Bound(
                inode=row.inode,
                family=row.family,
                protocol=row.protocol,
                socktype=row.socktype,
                state=row.state,
                local=row.local or "",
                peer=row.peer or "",
                fds=(),
                row=row,
            )
