"""What was closed or shut down before the peer had taken all of it: the kernel goes on sending."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import common_target, state_of, target_of_socket
from pyhandles.findings.lingering.alone import closes_down, is_ours
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.lingering.wanted import is_wanted
from pyhandles.findings.lingering.wording import fds_text, held_text, local_of, plural, target
from pyhandles.findings.moments import span_text
from pyhandles.findings.openings import opened_at
from pyhandles.findings.system_sockets import SystemSockets
from pyhandles.format import OwnerFlag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket

_SHUT_DOWN = frozenset({"FIN_WAIT1", "CLOSING", "LAST_ACK"})
_ZERO_WINDOW = 4
_MILLISECOND = 10**6
_END = 1
"""That a connection ends counts as a byte."""
_LONG = 3000
"""Milliseconds: the kernel waits so long before it sends once more only if it has done so several times in vain."""
_ADVICE_OPEN = (
    "the peer has to read. SO_LINGER makes close() wait for that, or with 0 seconds throw the rest away; without it, "
    "close() returns at once and the kernel sends the rest"
)
_ADVICE_CLOSED = (
    "the peer does not read, or is gone: the kernel tries on for minutes. TCP_USER_TIMEOUT bounds that; SO_LINGER with "
    "0 seconds throws the rest away at close()"
)


@dataclass(frozen=True, slots=True)
class Unsent:
    """An open descriptor. unsent: bytes. linger: seconds, -1 where it is off. state: as ``FIN_WAIT1``."""

    fd: int
    unsent: int
    linger: int
    state: str


@dataclass(frozen=True, slots=True)
class UnsentAlone:
    """A socket that no process has any more. unsent: bytes. next_try: milliseconds, 0 where none is planned.

    is_full: the peer takes nothing at present.
    """

    socket: str
    local: str | None
    peer: str | None
    unsent: int
    next_try: int
    is_full: bool


def unsent(snapshot: Snapshot) -> list[Lingering]:
    """Open descriptors that are shut down or linger, then what the kernel alone still has, by peer."""
    opened: defaultdict[object, list[Unsent]] = defaultdict(list)
    for found in _open_ones(snapshot):
        common = common_target(target(snapshot, found.fd))
        opened[common, found.state, found.linger, _is_ordinary_open(snapshot, found)].append(found)
    alone: defaultdict[object, list[Socket]] = defaultdict(list)
    for socket in snapshot.derive(SystemSockets).alone:
        if has_data(socket) and is_ours(snapshot, socket):
            alone[socket.peer, _is_ordinary(snapshot, socket)].append(socket)
    return [
        *(_told_of_open(snapshot, each) for each in opened.values()),
        *(_told_of_alone(snapshot, sockets) for sockets in alone.values()),
    ]


def _open_ones(snapshot: Snapshot) -> Iterator[Unsent]:
    """Each open file once."""
    descriptors = snapshot.derive(Claims).descriptors
    for file in snapshot.files:
        if file.unsent > 0 and file.fd in descriptors and file.same in {-1, file.fd}:
            state = state_of(descriptors[file.fd])
            is_shut_down = state in _SHUT_DOWN and file.unsent > _END
            if is_shut_down or file.linger >= 0:
                yield Unsent(file.fd, file.unsent, file.linger, state)


def has_data(socket: Socket) -> bool:
    """Whether it has more to send than that it ends."""
    return closes_down(socket) and socket.unsent > _END


def _is_ordinary(snapshot: Snapshot, socket: Socket) -> bool:
    """Whether it is on its way, as the last bytes of each connection are for a while."""
    is_stuck = socket.timer == _ZERO_WINDOW or socket.expires > _LONG
    return not is_stuck and not is_wanted(snapshot, socket.local)


def _is_ordinary_open(snapshot: Snapshot, found: Unsent) -> bool:
    if any(owner.flags & OwnerFlag.CLOSING for owner in snapshot.derive(Claims).owners(found.fd)):
        return False
    if found.state not in _SHUT_DOWN:
        return True
    socket = snapshot.derive(SystemSockets).at(found.fd)
    return socket is not None and _is_ordinary(snapshot, socket)


def _told_of_open(snapshot: Snapshot, alike: Sequence[Unsent]) -> Lingering:
    first, fds = alike[0], tuple(found.fd for found in alike)
    total = sum(found.unsent for found in alike)
    was, has = ("were", "have") if len(fds) > 1 else ("was", "has")
    shut = f" {was} shut down and" if first.state in _SHUT_DOWN else ""
    linger = {
        -1: "the kernel goes on sending them after close(), too",
        0: "SO_LINGER is on with 0 s, so close() throws them away and resets the connection",
    }.get(first.linger, f"SO_LINGER is on, so close() waits for up to {first.linger} s")
    return Lingering(
        kind="unsent",
        fds=fds,
        count=len(fds),
        target=target(snapshot, first.fd),
        address=local_of(snapshot, first.fd),
        text=f"{fds_text(fds)}{shut} {has} {total:,} bytes that the peer has not taken yet: {linger}",
        site=opened_at(snapshot, first.fd),
        proof=first,
        evidence=(held_text(snapshot, first.fd), *([f"{first.state}, says the kernel"] if first.state else ())),
        advice=_ADVICE_OPEN,
        ordinary=_is_ordinary_open(snapshot, first),
    )


def _told_of_alone(snapshot: Snapshot, sockets: Sequence[Socket]) -> Lingering:
    first = sockets[0]
    found = UnsentAlone(
        socket=target_of_socket(first),
        local=first.local,
        peer=first.peer,
        unsent=first.unsent,
        next_try=first.expires,
        is_full=first.timer == _ZERO_WINDOW,
    )
    total = sum(socket.unsent for socket in sockets)
    many = f"{plural(len(sockets), 'connection')} with {first.peer}" if len(sockets) > 1 else found.socket
    was, has = ("were", "have") if len(sockets) > 1 else ("was", "has")
    why = "the peer takes nothing at present" if found.is_full else "the kernel goes on sending them"
    again = f", next in {span_text(found.next_try * _MILLISECOND)}" if found.next_try else ""
    return Lingering(
        kind="unsent",
        count=len(sockets),
        target=found.socket,
        address=found.local,
        text=f"{many} {was} closed here, and {has} {total:,} bytes that the peer has not taken yet: {why}{again}",
        proof=found,
        evidence=("no process has it any more, only the kernel", f"{state_of(first)}, says the kernel"),
        advice=_ADVICE_CLOSED,
        ordinary=_is_ordinary(snapshot, first),
    )
