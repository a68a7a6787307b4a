"""The recorded calls in the order in which they had their effect, and from when on none of them is missing."""

from __future__ import annotations

from errno import EBADF
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import NOTHING, EventFlag, MisuseKind
from pyhandles.snapshot.recorded import Event

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.recorded import Misuse

_OF_A_MISUSE = ("time", "thread", "call", "fd", "stack")
_OF_THE_CLOSED = (MisuseKind.DOUBLE_CLOSE, MisuseKind.USE_AFTER_CLOSE)
_USES = {
    *("read", "readv", "pread", "write", "writev", "pwrite", "send", "sendto", "sendmsg", "recv", "recvfrom", "recvmsg")
}
_NOT_KNOWN = {"other": -1, "duration": 0, "errno": 0, "flags": 0, "sequence": 0}


class Timeline:
    """A close has its effect when it starts, an opening when it ends: in between the number is nobody's.

    Rows are those of ``events``, and after them those misuses of this process of which no event is in memory.

    rows: all rows in this order, shape (n,). effects: of each row, nanoseconds since 1970, shape (n,), uint64. columns:
    those of ``events`` that are needed, each of shape (n,). kept: how many events are in memory. recorded: how many
    there have been. misuses: row → what was wrong with it.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        events = snapshot.tables["events"]
        self.kept = len(events["sequence"])
        self.recorded = max(int((snapshot.header.recorder or {}).get("events", 0)), self.kept)
        self.misuses: dict[int, Misuse] = {}
        self._alone: list[int] = []
        for number, misuse in enumerate(snapshot.misuses):
            row = _event_of(snapshot, number)
            if row is not None:  # of two, the worse: a use that came late may have failed, too
                self.misuses[row] = max(misuse, self.misuses.get(row, misuse), key=lambda each: each.kind)
            elif misuse.pid == snapshot.header.process["pid"]:
                self.misuses[self.kept + len(self._alone)] = misuse
                self._alone.append(number)
        misuses = snapshot.tables["misuses"]
        self.columns = {
            name: np.concatenate([events[name], misuses[name][self._alone]]).astype(events[name].dtype)
            for name in _OF_A_MISUSE
        } | {
            name: np.concatenate([events[name], np.full(len(self._alone), value, dtype=events[name].dtype)])
            for name, value in _NOT_KNOWN.items()
        }
        opens = self.columns["flags"] & EventFlag.OPENED != 0
        self.effects = self.columns["time"] + np.where(opens, self.columns["duration"], np.uint64(0))
        self.rows = np.lexsort((self.columns["sequence"], self.effects))

    def repeats(self, row: int) -> Misuse | None:
        """The first misuse of the kind that the call in this row is one of, too; None if it is none, or is that one.

        At each site only the first of a kind is noted. Another call at the same site is one, too, if it was on a number
        that had been opened and is not open; or if it is a use, which are events only where they fail or are late.
        """
        event = self.event(row)
        of_the_closed = event.errno == EBADF and event.generation > 0
        late = event.call in _USES and event.flags == EventFlag.WIDENED and not event.errno
        if row in self.misuses or event.stack == NOTHING or not (of_the_closed or late):
            return None
        kinds = _OF_THE_CLOSED if of_the_closed else (MisuseKind.LATE_USE,)
        site = self._snapshot.stacks[event.stack].site
        return next((self._firsts[key] for kind in kinds if (key := (kind, event.call, site)) in self._firsts), None)

    @cached_property
    def _firsts(self) -> dict[tuple[int, str, int], Misuse]:
        """By kind, call and site."""
        return {
            (misuse.kind, misuse.call, self._snapshot.stacks[misuse.stack].site): misuse
            for misuse in self._snapshot.misuses
            if misuse.stack != NOTHING
        }

    def event(self, row: int) -> Event:
        """What is known of the call in this row; ``sequence`` is 0 where it is no event, and its result not known."""
        if row < self.kept:
            return self._snapshot.events[row]
        misuse = self.misuses[row]
        return Event(
            sequence=0,
            time=misuse.time,
            duration=0,
            thread=misuse.thread,
            call=misuse.call,
            fd=misuse.fd,
            other=-1,
            result=0,
            errno=0,
            flags=0,
            generation=0,
            stack=misuse.stack,
            detail=None,
        )

    @property
    def complete_since(self) -> int | None:
        """From this moment on every event is there, nanoseconds since 1970. None where none is missing at all."""
        if self.recorded <= self.kept or not self.kept:
            return None
        gaps = np.flatnonzero(np.diff(self.columns["sequence"][: self.kept].astype(np.int64)) != 1)
        return int(self.effects[gaps[-1] + 1 if len(gaps) else 0])


def _event_of(snapshot: Snapshot, number: int) -> int | None:
    """The event that the misuse in this row is, None where it is not in memory.

    A misuse is noted in the course of its call. A use that fails is an event afterwards, with no duration, so that it
    is the next one of its thread.
    """
    events = snapshot.tables["events"]
    misuse = {name: snapshot.tables["misuses"][name][number] for name in _OF_A_MISUSE}
    goes_on = (events["time"] + events["duration"] > misuse["time"]) | (events["time"] == misuse["time"])
    rows = np.flatnonzero(goes_on & (events["thread"] == misuse["thread"]))
    for row in rows[np.argsort(events["time"][rows], kind="stable")][:1].tolist():
        is_it = all(events[name][row] == misuse[name] for name in ("fd", "call"))
        if is_it and (events["time"][row] <= misuse["time"] or not events["duration"][row]):
            return int(row)
    return None
