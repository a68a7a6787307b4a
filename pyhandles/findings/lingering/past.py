"""What the recorder saw become of descriptors: which were copies, what was closed, and what addresses that had."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.addresses import endpoint
from pyhandles.findings.claims import Claims
from pyhandles.findings.recorded import stack_site_text, thread_text
from pyhandles.findings.strace import plain_call
from pyhandles.format import EventFlag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.recorded import Event

_COPYING = frozenset({"dup", "dup2", "dup3", "fcntl"})
_EINPROGRESS = 115
_METHODS = re.compile(r"(?:^|/)socket\.py$")


@dataclass(frozen=True, slots=True)
class Deed:
    """A call about a descriptor: nanoseconds since 1970, the thread, ``file:line in function``; None: not known."""

    call: str
    time: int
    thread: str | None
    site: str | None

    def __str__(self) -> str:
        """``close() at app.py:62 in drop, by thread reader``."""
        site = f" at {self.site}" if self.site else ""
        return f"{self.call}(){site}" + (f", by thread {self.thread}" if self.thread else "")


class Past:
    """Take it with ``snapshot.derive(Past)``. Without a recorder there is none."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._events = snapshot.tables["events"]

    def copy_of(self, fd: int) -> Event | None:
        """The call that made this open descriptor a copy of another, ``other``; None where none is known."""
        return self._copies.get(fd)

    def is_received(self, fd: int) -> bool:
        """Whether this open descriptor came by a message, from another process or from this one."""
        return fd in self._received

    def closes_of(self, fd: int) -> Sequence[Event]:
        """The closes of the number, in their order."""
        alone, ranges = self._closes
        wide = [event for event in ranges if event.fd <= fd <= event.other]
        closes = alone.get(fd, [])
        return sorted([*closes, *wide], key=lambda event: event.sequence) if wide else closes

    def closed_after(self, fd: int, sequence: int) -> Event | None:
        """The first close of the number after this event; None where none was seen."""
        closes = self.closes_of(fd)
        place = bisect_right(closes, sequence, key=lambda event: event.sequence)
        return closes[place] if place < len(closes) else None

    def closed_since(self, fd: int, moment: int | None) -> Event | None:
        """The first close of the number since the moment, nanoseconds since 1970; where that is None, the last."""
        closes = self.closes_of(fd)
        if moment is None:
            return closes[-1] if closes else None
        return next((event for event in closes if event.time >= moment), None)

    def addresses_of(self, closed: Event | None) -> frozenset[str]:
        """Those that what was closed by this call had been bound to or connected with."""
        if closed is None:
            return frozenset()
        given = self._named_at.get(closed.fd, ())
        return frozenset(
            event.detail
            for event in given
            if event.detail and event.sequence < closed.sequence and event.generation == closed.generation
        )

    def closed_at(self, local: str | None, peer: str | None) -> tuple[Event, Event] | None:
        """The call that bound a descriptor to the one address or connected it with the other, and its close since."""
        for calls, address in ((("bind",), local), (("connect", "accept", "accept4"), peer)):
            for event in self._by_address.get(address or "", ()):
                if plain_call(event.call) in calls and (closed := self.closed_after(event.fd, event.sequence)):
                    return event, closed
        return None

    def closed_somewhere_at(self, local: str | None) -> tuple[Event, Event] | None:
        """The same of the only one that was bound to this host, at whatever port was free, and then closed."""
        here = endpoint(local)
        bound = self._by_address.get(f"{local.rpartition(':')[0]}:0", ()) if local and here else ()
        bound = [event for event in bound if plain_call(event.call) == "bind"]
        found = [(event, close) for event in bound if (close := self.closed_after(event.fd, event.sequence))]
        return found[0] if len(found) == 1 else None

    def deed(self, event: Event) -> Deed:
        thread, site = thread_text(self._snapshot, event.thread), stack_site_text(self._snapshot, event.stack)
        return Deed(plain_call(event.call), event.time, thread, site)

    def started(self, pid: int) -> Deed | None:
        """The call that made this child, where it was seen."""
        found = np.flatnonzero(self._called("fork", "popen") & (self._events["result"] == pid))
        return self.deed(self._snapshot.events[int(found[-1])]) if len(found) else None

    def is_by_the_same_code(self, one: Event, other: Event, *, by_methods: bool = False) -> bool:
        """Whether both were called in the same function by the same thread.

        by_methods: a call by a method of a socket, which is Python's own code, counts as one of who called that.
        """
        first, second = (self._function(event, by_methods=by_methods) for event in (one, other))
        return first is not None and first == second and one.thread == other.thread

    def _function(self, event: Event, *, by_methods: bool) -> tuple[str | None, str | None] | None:
        sites = self._snapshot.sites_of(event.stack)
        own = (site for site in sites if not (by_methods and _METHODS.search(site.file or "")))
        site = next(own, None)
        return site and (site.file, site.function)

    @cached_property
    def _copies(self) -> Mapping[int, Event]:
        makes = (self._events["flags"] & EventFlag.OPENED != 0) & (self._events["other"] >= 0)
        return {event.fd: event for event in self._where(makes & self._called(*_COPYING)) if self._is_present(event)}

    @cached_property
    def _received(self) -> frozenset[int]:
        received = self._where(self._events["flags"] & EventFlag.RECEIVED != 0)
        return frozenset(event.fd for event in received if self._is_present(event))

    @cached_property
    def _present(self) -> Mapping[int, int]:
        """The generation of each open descriptor whose opening is known."""
        descriptors = self._snapshot.derive(Claims).descriptors
        return {each.fd: each.generation for each in self._snapshot.openings if each.fd in descriptors}

    def _is_present(self, event: Event) -> bool:
        return self._present.get(event.fd) == event.generation

    @cached_property
    def _closes(self) -> tuple[Mapping[int, list[Event]], Sequence[Event]]:
        """By number; and those of more than one."""
        alone: defaultdict[int, list[Event]] = defaultdict(list)
        ranges: list[Event] = []
        for event in self._where(self._events["flags"] & (EventFlag.CLOSED | EventFlag.REPLACED) != 0):
            is_range = not event.flags & EventFlag.OPENED and event.other > event.fd
            (ranges if is_range else alone[event.fd]).append(event)
        return alone, ranges

    @cached_property
    def _named_at(self) -> Mapping[int, list[Event]]:
        """By number, the calls that gave an address to a socket, or a peer, or go on to do so."""
        found: defaultdict[int, list[Event]] = defaultdict(list)
        worked = np.isin(self._events["errno"], (0, _EINPROGRESS))
        for event in self._where(worked & self._called("bind", "connect", "accept", "accept4")):
            found[event.fd].append(event)
        return found

    @cached_property
    def _by_address(self) -> Mapping[str, list[Event]]:
        """The same by address, the latest first."""
        found: defaultdict[str, list[Event]] = defaultdict(list)
        events = [event for of_one in self._named_at.values() for event in of_one if event.detail]
        for event in sorted(events, key=lambda event: -event.sequence):
            found[event.detail or ""].append(event)
        return found

    def _called(self, *calls: str) -> np.ndarray:
        """Which events are of these calls, in any spelling of the C library; shape (n,), bool."""
        texts = np.unique(self._events["call"]).tolist()
        named = [text for text in texts if plain_call(self._snapshot.strings.get(text) or "") in calls]
        return np.isin(self._events["call"], named)

    def _where(self, mask: np.ndarray) -> list[Event]:
        return [self._snapshot.events[row] for row in np.flatnonzero(mask).tolist()]
