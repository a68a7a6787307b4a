"""On which file a call is that a thread waits in: on what stands at the number by now, or on what was closed since.

The kernel goes on with the file that the call began with, so the number alone says nothing: it may have been closed,
and given out again, meanwhile. What is certain comes first; where what is likely contradicts itself, nothing is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pyhandles.findings.called import EPOLL_CALLS, SOCKET_CALLS, called
from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of, target_of
from pyhandles.findings.moments import span_text
from pyhandles.findings.openings import Openings, opened_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Descriptor, Frame

Reach = Literal["now", "closed", "unknown"]

_NEVER_READ = frozenset({"epoll", "dir", "pidfd"})
_MILLISECOND = 10**6
_PAUSE = 100 * _MILLISECOND
_DRIFT = 10_000
"""By one part in so many the scheduler's clock, which says how long a thread has slept, may go wrong."""


class Reaching(NamedTuple):
    """reach: ``now`` on what stands at the number, ``closed`` on what was closed since, or ``unknown``."""

    reach: Reach
    evidence: str


class Call(NamedTuple):
    """A thread's call with a number.

    alone: whether no other number was given to it. asleep: nanoseconds, -1 where not known. frame: the innermost of its
    thread, None where that runs no Python. last: when the thread's last recorded call ended, nanoseconds since 1970, 0
    where there is none.
    """

    native: int
    name: str
    fd: int
    alone: bool
    asleep: int
    frame: Frame | None
    last: int


def reaching(snapshot: Snapshot, call: Call) -> Reaching:
    """On which file the call is, and how that is known."""
    certain = next((found for rule in _CERTAIN if (found := rule(snapshot, call))), None)
    if certain:
        return certain
    likely = [found for rule in _LIKELY if (found := rule(snapshot, call))]
    if not likely:
        return Reaching("unknown", f"nothing tells whether fd {call.fd} was given out again since the call began")
    if len({found.reach for found in likely}) > 1:
        return Reaching("unknown", "; but ".join(found.evidence for found in likely))
    return Reaching(likely[0].reach, "; ".join(found.evidence for found in likely))


def _not_open(snapshot: Snapshot, call: Call) -> Reaching | None:
    if call.fd in snapshot.derive(Claims).descriptors:
        return None
    return Reaching("closed", f"fd {call.fd} is not open any more")


def _another_kind(snapshot: Snapshot, call: Call) -> Reaching | None:
    descriptor = snapshot.derive(Claims).descriptors[call.fd]
    if _can_wait(call.name, descriptor):
        return None
    return Reaching("closed", f"{call.name}() cannot wait on what stands at fd {call.fd} now, {target_of(descriptor)}")


def _can_wait(call: str, descriptor: Descriptor) -> bool:
    kind = kind_of(descriptor)
    if call in SOCKET_CALLS:
        return kind == "socket" and descriptor.listening != (0 if call.startswith("accept") else 1)
    if call in EPOLL_CALLS:
        return kind == "epoll"
    return call not in {"read", "readv", "pread64"} or kind not in _NEVER_READ


def _opened_later(snapshot: Snapshot, call: Call) -> Reaching | None:
    opening = snapshot.derive(Openings).of(call.fd)
    if opening is None or call.asleep < 0:
        return None
    later = opening.time - _fell_asleep(snapshot, call)
    if later <= call.asleep // _DRIFT + _MILLISECOND:
        return None
    site = opened_at(snapshot, call.fd)
    where = f", at {site}" if site else ""
    return Reaching("closed", f"fd {call.fd} was opened {span_text(later)} after the thread had fallen asleep{where}")


def _own_deed(snapshot: Snapshot, call: Call) -> Reaching | None:
    opening = snapshot.derive(Openings).of(call.fd)
    if opening is None:
        return None
    if opening.thread == call.native and opening.pid == snapshot.header.process["pid"]:
        return Reaching("now", f"the thread opened fd {call.fd} itself")
    if call.last > opening.time:
        return Reaching("now", f"the thread ended another call after fd {call.fd} had been opened")
    return None


def _opened_before(snapshot: Snapshot, call: Call) -> Reaching | None:
    opening = snapshot.derive(Openings).of(call.fd)
    if opening is None:
        is_old = snapshot.derive(Claims).descriptors[call.fd].start == 1
        return Reaching("now", f"fd {call.fd} has been open since the start") if is_old else None
    before = _fell_asleep(snapshot, call) - opening.time
    if call.asleep < 0 or before <= call.asleep // _DRIFT + _PAUSE:
        return None
    return Reaching("now", f"fd {call.fd} was opened {span_text(before)} before the thread fell asleep")


def _recorded(snapshot: Snapshot, call: Call) -> Reaching | None:
    return _own_deed(snapshot, call) or _opened_before(snapshot, call)


def _fell_asleep(snapshot: Snapshot, call: Call) -> int:
    """When, at the latest: the thread was looked at a little before the moment of the snapshot."""
    return int(snapshot.header.moment * 10**9) - call.asleep


def _called_object(snapshot: Snapshot, call: Call) -> Reaching | None:
    """By what the thread's innermost frame calls: it read the number from an object before the call began."""
    found = called(snapshot, call.frame, call.name, call.fd) if call.frame else None
    if found is None or (found.is_closed and not call.alone):
        return None
    what = f"the {snapshot.type_name(found.object)} that {found.how}"
    return (
        Reaching("closed", f"{what} is closed by now")
        if found.is_closed
        else Reaching("now", f"{what} has fd {call.fd}")
    )


_CERTAIN: tuple[Callable[[Snapshot, Call], Reaching | None], ...] = (_not_open, _another_kind, _opened_later)
_LIKELY: tuple[Callable[[Snapshot, Call], Reaching | None], ...] = (_called_object, _recorded)
