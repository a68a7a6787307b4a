"""The other end of a TCP or UDP connection: the socket whose addresses are the reverse, if it is on this machine."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyhandles.findings.addresses import Endpoint, endpoint
from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import tcp_state
from pyhandles.findings.ends.end import End, held_end
from pyhandles.findings.moments import left_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.ends.around import Around
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import HeldElsewhere, Socket
    from pyhandles.snapshot.records import Descriptor

FAMILIES = {2, 10}
_UDP = 17
_TIME_WAIT, _TIME_WAIT_TIMER = 6, 3
_NOT_ACCEPTED = {1, 3, 8, 12}
"""ESTABLISHED, SYN_RECV, CLOSE_WAIT, NEW_SYN_RECV: what no process has, in one of these, was not accepted yet."""
_LOOPBACK = ("127.", "::1")

Place = Endpoint | str
"""An address; a text where its host is redacted."""
Key = tuple[int, Place, Place]
"""Protocol, local address, peer's address."""


def internet_end(around: Around, descriptor: Descriptor) -> End | None:
    if descriptor.listening == 1 or not descriptor.local or not descriptor.peer:
        return None
    local, peer = _place(descriptor.local), _place(descriptor.peer)
    table = around.snapshot.derive(Connections)
    reverse = (descriptor.protocol, peer, local)
    if fds := table.ours(reverse):
        return held_end(around.snapshot, fds, _theirs(around, fds))
    rows = table.rows(reverse)
    if not rows and descriptor.protocol == _UDP:
        rows = table.bound_to(peer)
    if rows:
        return _end_of(around, rows, descriptor.peer)
    return _without_socket(around, descriptor.peer)


def _without_socket(around: Around, address: str) -> End | None:
    """An end that no socket of those has which were seen."""
    if not around.was_asked:
        return None
    peer = _place(address)
    if not around.snapshot.derive(Connections).is_ours(peer):
        return End("remote", f"{address}, across the network")
    # Of a redacted address it cannot be told whether another one is the same in another writing.
    if around.knows_sockets and isinstance(peer, Endpoint):
        return End("gone", "nobody: no socket of this machine has it any more")
    return around.unseen()


def _theirs(around: Around, fds: Sequence[int]) -> list[HeldElsewhere]:
    return [row for inode in sorted({around.descriptors[fd].inode for fd in fds}) for row in around.theirs(inode)]


def _end_of(around: Around, rows: Sequence[Socket], peer: str) -> End | None:
    inodes = sorted({row.inode for row in rows if row.inode})
    ours = sorted(fd for inode in inodes for fd in around.ours(inode))
    found = held_end(around.snapshot, ours, [row for inode in inodes for row in around.theirs(inode)])
    if found:
        return found
    if inodes:
        return around.unseen()
    row = rows[0]
    if row.state in _NOT_ACCEPTED:
        return End("kernel", f"no process yet: it waits to be accepted at {peer}")
    left = f" for {left_text(row.expires)} more" if (row.state, row.timer) == (_TIME_WAIT, _TIME_WAIT_TIMER) else ""
    return End("kernel", f"no process: it is closed, and in {tcp_state(row.state) or 'no known state'}{left}")


class Connections:
    """TCP's and UDP's, by their addresses. Take it with ``snapshot.derive(Connections)``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._ours: dict[Key, list[int]] = defaultdict(list)
        self._rows: dict[Key, list[Socket]] = defaultdict(list)
        self._unconnected: dict[int, list[Socket]] = defaultdict(list)
        self._hosts: set[str] = set()
        for fd, descriptor in snapshot.derive(Claims).descriptors.items():
            if descriptor.family in FAMILIES and descriptor.local:
                self._hosts.add(_host(_place(descriptor.local)))
                if descriptor.listening != 1 and descriptor.peer:
                    key = (descriptor.protocol, _place(descriptor.local), _place(descriptor.peer))
                    self._ours[key].append(fd)
        for row in snapshot.sockets:
            if row.family not in FAMILIES or not row.local:
                continue
            local = _place(row.local)
            self._hosts.add(_host(local))
            self._rows[row.protocol, local, _place(row.peer)].append(row)
            bound = endpoint(row.local)
            if bound and row.protocol == _UDP and _is_nowhere(row.peer):
                self._unconnected[bound.port].append(row)

    def ours(self, key: Key) -> Sequence[int]:
        return self._ours.get(key, ())

    def rows(self, key: Key) -> Sequence[Socket]:
        return self._rows.get(key, ())

    def bound_to(self, place: Place) -> list[Socket]:
        """UDP sockets that are connected to none and get what is sent there."""
        if isinstance(place, str) or not self.is_ours(place):
            return []
        rows = [(row, endpoint(row.local)) for row in self._unconnected.get(place.port, ())]
        return [row for row, bound in rows if bound and (bound == place or bound.is_any)]

    def is_ours(self, place: Place) -> bool:
        """Whether it is an address of this machine, as far as a socket has it as its own."""
        return _host(place).startswith(_LOOPBACK) or _host(place) in self._hosts


def _place(address: str | None) -> Place:
    return endpoint(address) or address or ""


def _host(place: Place) -> str:
    return place.host if isinstance(place, Endpoint) else place.rpartition(":")[0]


def _is_nowhere(peer: str | None) -> bool:
    """What one that is not connected has as its peer, by the name of it."""
    found = endpoint(peer)
    return not peer or (found is not None and found.is_any and not found.port)
