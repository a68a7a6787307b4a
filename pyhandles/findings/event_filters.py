"""Which events are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.errors import UnknownObject
from pyhandles.findings.call_names import names_asked_for
from pyhandles.findings.recorded import site_text, thread_text
from pyhandles.findings.spelling import closest
from pyhandles.findings.timeline import Timeline
from pyhandles.format import NOTHING, EventFlag

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class EventFilters:
    """What an event must fit; None fits everything.

    call: names of calls, separated by commas, perhaps with wildcards; ``open`` fits ``open64`` too. fd: what made,
    copied, closed or used this number. thread: its name in Python, or the system's number of it. errors: what failed.
    site: a text in the place that called, ``pool.py:88``, or ``pool.py:reconnect``.
    """

    call: str | None = None
    fd: int | None = None
    thread: str | int | None = None
    errors: bool = False
    site: str | None = None

    @property
    def is_a_number_alone(self) -> bool:
        return self.fd is not None and self == EventFilters(fd=self.fd)


def fitting(snapshot: Snapshot, filters: EventFilters) -> np.ndarray:
    """Which rows of the timeline fit, shape (n,), bool. Raises UnknownObject."""
    events = snapshot.derive(Timeline).columns
    fits = np.ones(len(events["sequence"]), dtype=bool)
    if filters.call is not None:
        fits &= np.isin(events["call"], _calls(snapshot, filters.call))
    if filters.fd is not None:
        fits &= about(snapshot, filters.fd)
    if filters.thread is not None:
        fits &= np.isin(events["thread"], _threads(snapshot, str(filters.thread)))
    if filters.errors:
        fits &= events["errno"] != 0
    if filters.site is not None:
        text = filters.site
        fits &= _where(events["stack"], lambda stack: stack != NOTHING and _is_at(snapshot, stack, text))
    return fits


def about(snapshot: Snapshot, fd: int) -> np.ndarray:
    """Which rows of the timeline made, copied, closed or used the number, shape (n,), bool."""
    events = snapshot.derive(Timeline).columns
    closes = events["flags"] & EventFlag.CLOSED != 0
    in_range = closes & (events["fd"] <= fd) & (fd <= events["other"])
    is_about: np.ndarray = (events["fd"] == fd) | (events["other"] == fd) | in_range
    return is_about


def _where(column: np.ndarray, holds: Callable[[int], bool]) -> np.ndarray:
    """Where this holds of a column's number; it is asked once for each different one."""
    numbers, inverse = np.unique(column, return_inverse=True)
    held = np.array([holds(number) for number in numbers.tolist()], dtype=bool)
    return held[inverse] if len(numbers) else np.zeros(len(column), dtype=bool)


def _is_at(snapshot: Snapshot, stack: int, text: str) -> bool:
    """Whether the site to tell of has this text in it, as it is told or as ``pool.py:reconnect``, as for a delay."""
    number = snapshot.stacks[stack].site
    if number == NOTHING:
        return False
    site = snapshot.sites[number]
    file, function = site.file or "", site.function or ""
    names = (f"{file}:{function}", f"{file}:{function.rpartition('.')[2]}", site_text(snapshot, number) or "")
    return any(text in name for name in names)


def _calls(snapshot: Snapshot, asked: str) -> list[int]:
    """The texts that are names of such calls."""
    tables = ("events", "counters", "openings", "misuses")
    texts = np.unique(np.concatenate([snapshot.tables[table]["call"] for table in tables])).tolist()
    names = {text: snapshot.strings.get(text) or "" for text in texts}
    fits = names_asked_for(asked, names.values())
    return [text for text, name in names.items() if name in fits]


def _threads(snapshot: Snapshot, asked: str) -> list[int]:
    """The system's numbers of the threads of this name or number."""
    natives = np.union1d(snapshot.derive(Timeline).columns["thread"], snapshot.tables["threads"]["native"]).tolist()
    known = {native: thread_text(snapshot, native) or "" for native in natives if native}
    found = [native for native, name in known.items() if asked in {name, str(native)}]
    if not found:
        hint = closest(asked, known.values(), "`threads` has the names of those that ran; `trace` tells them all.")
        raise UnknownObject(f"no thread {asked!r} is known", hint)
    return found
