"""What happened, call by call, in the order in which it had its effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.event_filters import EventFilters, fitting
from pyhandles.findings.misuse_notes import misuse_note, repetition
from pyhandles.findings.number_reuse import reuse_of
from pyhandles.findings.recorded import must_be_recorded, stack_site_text, stack_texts, thread_text
from pyhandles.findings.strace import arguments_text, errno_name, plain_call, result_text
from pyhandles.findings.timeline import Timeline
from pyhandles.format import EventFlag

if TYPE_CHECKING:
    from pyhandles.findings.misuse_notes import MisuseNote
    from pyhandles.snapshot import Snapshot

EVERYTHING = EventFilters()

_DELAYED = "it was delayed before, on demand"


@dataclass(frozen=True, slots=True)
class TracedCall:
    """A call that was recorded.

    time: when it had its effect, nanoseconds since 1970: of an opening its end, of all else its start.
    thread: its name in Python, or else the system's number, which is ``native``. fd: the number that it made, closed
    or used, None for none. arguments: as strace would write them. outcome: the result in words, "?" where it is not
    known: of some misuses only that they happened is. errno: its name. nanoseconds: how long it took. stack: innermost
    first; None unless asked for. between: it is about other numbers, while the one that was asked for was free.
    notes: what there is to say of it. misuse: None if it is none.
    """

    sequence: int | None
    time: int
    thread: str
    native: int
    call: str
    fd: int | None
    arguments: str
    result: int | None
    outcome: str
    errno: str | None
    nanoseconds: int
    site: str | None
    stack: tuple[str, ...] | None = None
    between: bool = False
    notes: tuple[str, ...] = ()
    misuse: MisuseNote | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The last calls that fit, in ``rows``, the latest at the end; among them those that are ``between``.

    total: how many fit of those in memory. oldest: when the first of them was. kept: how many are in memory, whatever
    they are. recorded: how many there have been, since ``since``. complete_since: from when on all are in memory, None
    where none is missing. Times are nanoseconds since 1970.
    """

    rows: tuple[TracedCall, ...]
    total: int
    oldest: int | None
    kept: int
    recorded: int
    since: int
    complete_since: int | None


def trace(
    snapshot: Snapshot, filters: EventFilters = EVERYTHING, *, last: int | None = None, with_stacks: bool = False
) -> Trace:
    """The calls that fit, at most the ``last`` ones. Raises NotRecorded, UnknownObject.

    With nothing but a number asked for, calls about others stand between its close and its next opening.
    Cost: a sort of all events; texts for what is shown.
    """
    must_be_recorded(snapshot)
    timeline = snapshot.derive(Timeline)
    fits = fitting(snapshot, filters)
    rows = timeline.rows[fits[timeline.rows]]
    shown = rows if last is None else rows[max(len(rows) - last, 0) :]
    reuse = reuse_of(snapshot, filters.fd, shown.tolist(), with_others=filters.is_a_number_alone)
    is_told = np.zeros(len(timeline.rows), dtype=bool)
    is_told[shown] = is_told[list(reuse.others)] = True
    told = [
        _call(snapshot, row, reuse.notes.get(row), with_stack=with_stacks, between=row in reuse.others)
        for row in timeline.rows[is_told[timeline.rows]].tolist()
    ]
    recorder = snapshot.header.recorder or {}
    return Trace(
        rows=tuple(told),
        total=len(rows),
        oldest=int(timeline.effects[rows[0]]) if len(rows) else None,
        kept=timeline.kept,
        recorded=timeline.recorded,
        since=int(recorder.get("since", 0) * 10**9),
        complete_since=timeline.complete_since,
    )


def _call(snapshot: Snapshot, row: int, note: str | None, *, with_stack: bool, between: bool) -> TracedCall:
    timeline = snapshot.derive(Timeline)
    event = timeline.event(row)
    is_known = event.sequence > 0
    return TracedCall(
        sequence=event.sequence if is_known else None,
        time=int(timeline.effects[row]),
        thread=thread_text(snapshot, event.thread) or "?",
        native=event.thread,
        call=plain_call(event.call),
        fd=event.fd if event.fd >= 0 else None,
        arguments=arguments_text(event),
        result=event.result if is_known else None,
        outcome=result_text(event) if is_known else "?",
        errno=errno_name(event.errno) if event.errno else None,
        nanoseconds=event.duration,
        site=stack_site_text(snapshot, event.stack),
        stack=stack_texts(snapshot, event.stack) if with_stack else None,
        between=between,
        notes=tuple(text for text in (_DELAYED if event.flags & EventFlag.WIDENED else None, note) if text),
        misuse=_misuse(snapshot, row),
    )


def _misuse(snapshot: Snapshot, row: int) -> MisuseNote | None:
    timeline = snapshot.derive(Timeline)
    noted = timeline.misuses.get(row)
    if noted is not None:
        return misuse_note(snapshot, noted)
    first = timeline.repeats(row)
    return None if first is None else repetition(first)
