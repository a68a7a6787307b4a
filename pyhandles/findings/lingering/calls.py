"""A thread that is still inside a call on what was closed meanwhile: the kernel keeps it until that call returns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import state_of, target_of_socket
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.lingering.past import Deed, Past
from pyhandles.findings.lingering.wanted import is_wanted
from pyhandles.findings.lingering.wording import listed
from pyhandles.findings.system_sockets import SystemSockets
from pyhandles.findings.wait_texts import POLLS, time_text
from pyhandles.findings.waits import calls_on_closed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.findings.waits import ThreadWait
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket
    from pyhandles.snapshot.recorded import Event

_OF_SOCKETS = frozenset({"accept", "accept4", "connect", "recvfrom", "recvmsg", "recvmmsg", "sendto", "sendmsg"})
_OF_ANYTHING = frozenset({"read", "readv", "write", "writev", "poll", "ppoll", "select", "pselect6", "sendfile"})
_LONG = 10**8
"""Nanoseconds: a close that takes no longer is under way, and no more."""
_ADVICE = (
    "wake the thread up before closing: `sock.shutdown(socket.SHUT_RDWR)` ends its call, of UDP too, though it raises "
    "ENOTCONN there; or give the call {timeout}; or let that thread close it"
)
_ADVICE_ON_CLOSE = "SO_LINGER makes close() wait until the peer has taken all: take a shorter time, or leave it off"


@dataclass(frozen=True, slots=True)
class CallOnClosed:
    """fd: the number as it was. asleep, at_most: as in `ThreadWait`. socket: None where it is not certain which.

    candidates: sockets of the system that it may be. closed: the call that closed it, where it was seen. known_by: how
    it is known that it was closed.
    """

    thread: str
    native: int
    call: str
    place: str | None
    fd: int
    asleep: int | None
    at_most: int | None
    socket: str | None
    local: str | None
    candidates: tuple[str, ...]
    closed: Deed | None
    known_by: str


def calls(snapshot: Snapshot) -> list[Lingering]:
    """One for each thread, and for each number that it was given to wait for."""
    under_way = [
        _Call(snapshot, wait, fd, known_by) for wait in calls_on_closed(snapshot) for fd, known_by in _numbers(wait)
    ]
    claims = Counter(socket for call in under_way for socket in call.candidates)
    return [_told(snapshot, _evidence(call, claims)) for call in under_way]


def _numbers(wait: ThreadWait) -> list[tuple[int, str]]:
    """Those of the call's numbers whose files were closed, and how that is known."""
    found = {each.fd: each.evidence for each in wait.watching if each.reaches == "closed"}
    if wait.reaches == "closed" and wait.fd is not None:
        found[wait.fd] = wait.evidence or ""
    return list(found.items())


class _Call:
    """candidates: the sockets that its file may be. by_address: whether they have what its file was bound to."""

    def __init__(self, snapshot: Snapshot, wait: ThreadWait, fd: int, known_by: str) -> None:
        past = snapshot.derive(Past)
        orphans = [each for each in snapshot.derive(SystemSockets).orphans() if _can_be(wait.call or "", each)]
        closed = _close(snapshot, wait, fd, orphans)
        told = [each for each in orphans if _had(past, closed, each)]
        self.wait, self.fd, self.known_by = wait, fd, known_by
        self.closed = past.deed(closed) if closed else None
        self.by_address = bool(told)
        self.candidates = told or [each for each in orphans if is_wanted(snapshot, each.local)] or orphans


def _close(snapshot: Snapshot, wait: ThreadWait, fd: int, orphans: Sequence[Socket]) -> Event | None:
    """The close of the call's file: of what had the address of the one orphan with this number; else by its time."""
    past = snapshot.derive(Past)
    fitting = {each: closed for closed in past.closes_of(fd) for each in orphans if _had(past, closed, each)}
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    began = int(snapshot.header.moment * 10**9) - wait.asleep if wait.asleep is not None else None
    # It is in the call for longer than is known, so that the close may have come before.
    return (past.closed_since(fd, began) if began is not None else None) or past.closed_since(fd, None)


def _had(past: Past, closed: Event | None, socket: Socket) -> bool:
    """Whether what was closed by this call had the socket's address."""
    addresses = past.addresses_of(closed)
    return socket.local in addresses or bool(socket.peer and socket.peer in addresses)


def _evidence(call: _Call, claims: Mapping[Socket, int]) -> CallOnClosed:
    """claims: how many of these calls each socket may belong to."""
    wait, candidates = call.wait, call.candidates
    is_certain = len(candidates) == 1 and (call.by_address or claims[candidates[0]] == 1)
    return CallOnClosed(
        thread=wait.thread,
        native=wait.native,
        call=wait.call or "?",
        place=wait.place,
        fd=call.fd,
        asleep=wait.asleep,
        at_most=wait.at_most,
        socket=target_of_socket(candidates[0]) if is_certain else None,
        local=(candidates[0].local or None) if is_certain else None,
        candidates=tuple(target_of_socket(each) for each in candidates),
        closed=call.closed,
        known_by=call.known_by,
    )


def _can_be(call: str, socket: Socket) -> bool:
    if call == "close":
        return socket.unsent > 0
    if call.startswith("accept"):
        return state_of(socket) == "LISTEN"
    if call in _OF_SOCKETS:
        return state_of(socket) != "LISTEN"
    return call in _OF_ANYTHING


def _told(snapshot: Snapshot, found: CallOnClosed) -> Lingering:
    what = found.socket or "it"
    site = _site(found)
    at = f" at {site}" if site else ""
    for_how_long = time_text(found.asleep, found.at_most)
    if found.call == "close":
        text = (
            f"thread {found.thread} is in close() of what was fd {found.fd}{for_how_long}{at}: the kernel keeps {what}"
        )
        text += " until the peer has taken its bytes"
    else:
        text = f"thread {found.thread} is still in {found.call}(){at}{for_how_long}, on what was fd {found.fd} and has "
        text += f"been closed: the kernel keeps {what} until that call returns"
    descriptor = snapshot.derive(Claims).descriptors.get(found.fd)
    return Lingering(
        kind="call",
        target=found.socket or f"was fd {found.fd}",
        address=found.local,
        text=text,
        thread=found.thread,
        site=site,
        proof=found,
        evidence=(
            found.known_by,
            *([f"fd {found.fd} was closed by {found.closed}"] if found.closed else ()),
            *([f"fd {found.fd} is another file by now, which has nothing to do with it"] if descriptor else ()),
            *_sockets_text(found),
        ),
        advice=_advice(found.call),
        ordinary=found.call == "close" and (found.asleep or 0) < _LONG,
    )


def _advice(call: str) -> str:
    """A socket of Python's that polls has a timeout."""
    if call == "close":
        return _ADVICE_ON_CLOSE
    return _ADVICE.format(timeout="a shorter timeout" if call in POLLS else "a timeout")


def _site(found: CallOnClosed) -> str | None:
    """``app.py:62 in read`` of ``read() at app.py:62``."""
    function, _, place = (found.place or "").partition("() at ")
    return f"{place} in {function}" if place else found.place


def _sockets_text(found: CallOnClosed) -> Sequence[str]:
    if found.socket:
        return (f"{found.socket} exists, and no descriptor that could be seen leads to it",)
    if found.candidates:
        may_be = "it may be that" if len(found.candidates) == 1 else "it may be one of these"
        return (f"no descriptor that could be seen leads to {listed(found.candidates)}: {may_be}",)
    return ()
