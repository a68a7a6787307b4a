"""The biography of a descriptor number: what it is now, how it came to be so, and all that was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.errors import UnknownObject
from pyhandles.findings.claims import Claims
from pyhandles.findings.event_filters import EventFilters
from pyhandles.findings.handles import handle_of_descriptor, handle_of_owner
from pyhandles.findings.misuses import misuses
from pyhandles.findings.openings import Openings
from pyhandles.findings.recorded import must_be_recorded, stack_site_text, stack_texts, thread_text
from pyhandles.findings.strace import plain_call
from pyhandles.findings.trace import trace

if TYPE_CHECKING:
    from pyhandles.findings.handles import Handle
    from pyhandles.findings.misuses import Misuse
    from pyhandles.findings.trace import Trace
    from pyhandles.snapshot import Snapshot

CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Origin:
    """The present opening of a descriptor.

    time: nanoseconds since 1970. nth: which known opening of the number it is, from 1 on; one that was inherited is
    counted, too. process: of the one that opened it, a parent of this one; None where it was this one. stack: innermost
    first.
    """

    time: int
    thread: str | None
    call: str
    nth: int
    process: int | None
    site: str | None
    stack: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Biography:
    """A descriptor number.

    state: ``open``, ``closing`` or ``closed``. handle: None where it is closed. stale: those who claim it all the same.
    origin: None where it was not recorded. at_start: the same file stood here when pyhandles was installed. events:
    what was done to it as far as it is in memory, and what else was done while it was free. misuses: whose first time
    was with this number. moment: of the snapshot, nanoseconds since 1970. stacks: whether all are to be shown.
    """

    fd: int
    state: str
    handle: Handle | None
    stale: tuple[Handle, ...]
    origin: Origin | None
    at_start: bool
    events: Trace
    misuses: tuple[Misuse, ...]
    moment: int
    stacks: bool

    @property
    def opened_at(self) -> str | None:
        """``pool.py:88 in Pool.get``."""
        return self.origin.site if self.origin else None


def biography(snapshot: Snapshot, fd: int, *, stacks: bool = False, last: int | None = None) -> Biography:
    """Tell of a number: the present state by the kernel, all else as it was recorded.

    last: no more than so many of the calls about it. Raises NotRecorded; UnknownObject where nothing is known of it.
    """
    must_be_recorded(snapshot)
    claims = snapshot.derive(Claims)
    descriptor = claims.descriptors.get(fd)
    handle = None if descriptor is None else handle_of_descriptor(snapshot, fd)
    stale = (handle_of_owner(snapshot, owner.object) for owner in claims.stale if owner.fd == fd)
    told = Biography(
        fd=fd,
        state=CLOSED if handle is None else handle.state,
        handle=handle,
        stale=tuple(owner for owner in stale if owner is not None),
        origin=_origin(snapshot, fd),
        at_start=descriptor is not None and descriptor.start == 1,
        events=trace(snapshot, EventFilters(fd=fd), last=last, with_stacks=True),
        misuses=misuses(snapshot, fd=fd).rows,
        moment=int(snapshot.header.moment * 10**9),
        stacks=stacks,
    )
    if not (told.handle or told.stale or told.events.rows or told.misuses):
        raise UnknownObject(f"descriptor {fd} was not open, and nothing is recorded of it", _hint(snapshot, fd))
    return told


def _origin(snapshot: Snapshot, fd: int) -> Origin | None:
    opening = snapshot.derive(Openings).of(fd)
    if opening is None:
        return None
    return Origin(
        time=opening.time,
        thread=thread_text(snapshot, opening.thread),
        call=plain_call(opening.call),
        nth=opening.generation,
        process=None if opening.pid == snapshot.header.process["pid"] else opening.pid,
        site=stack_site_text(snapshot, opening.stack),
        stack=stack_texts(snapshot, opening.stack),
    )


def _hint(snapshot: Snapshot, fd: int) -> str:
    bound = (snapshot.header.recorder or {}).get("numbers", 0)
    if fd >= bound:
        return f"Numbers from {bound:,} on are counted, with no history: `calls`."
    return "`io list` shows those that were open, `trace` what was done to others."
