"""Around a number that was closed and given out again: when it was nobody's, and what else happened meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.event_filters import about
from pyhandles.findings.moments import span_text
from pyhandles.findings.strace import made_by
from pyhandles.findings.timeline import Timeline
from pyhandles.format import EventFlag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.snapshot import Snapshot

_OTHERS = 40
_MOST_OTHERS, _FEWEST_OTHERS = 8, 2


@dataclass(frozen=True, slots=True)
class Reuse:
    """notes: row of the timeline → what to say of it. others: rows that are about other numbers."""

    notes: Mapping[int, str] = field(default_factory=dict)
    others: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Gap:
    """closed: the row of the close. opened: that of the next opening. others: rows between, about other numbers."""

    closed: int
    opened: int
    others: np.ndarray


def reuse_of(snapshot: Snapshot, fd: int | None, shown: Sequence[int], *, with_others: bool) -> Reuse:
    """What to say of the rows about the number, and some calls about others between its closes and openings.

    Of many gaps, a few calls of each are told: those next to the close and to the opening.
    """
    if fd is None:
        return Reuse()
    timeline = snapshot.derive(Timeline)
    all_gaps, notes = _gaps(snapshot, fd)
    is_shown = set(shown)
    gaps = [gap for gap in all_gaps if {gap.closed, gap.opened} & is_shown]
    most = min(max(_OTHERS // max(len(gaps), 1), _FEWEST_OTHERS), _MOST_OTHERS)
    shown_others: set[int] = set()
    for gap in gaps:
        span = span_text(int(timeline.effects[gap.opened] - timeline.effects[gap.closed]))
        to_another = timeline.event(gap.closed).thread != timeline.event(gap.opened).thread
        notes[gap.closed] = f"{fd} is free for {span}"
        notes[gap.opened] = f"{fd} is given out again" + (", to another thread than closed it" if to_another else "")
        if with_others:
            others = gap.others
            if len(others) > most:
                notes[gap.closed] += f"; of {len(others):,} calls meanwhile, {most} are shown"
                others = np.concatenate([others[: most // 2], others[len(others) - (most - most // 2) :]])
            shown_others.update(others.tolist())
    return Reuse(notes, frozenset(shown_others))


def _gaps(snapshot: Snapshot, fd: int) -> tuple[list[_Gap], dict[int, str]]:
    """Between closes and openings; and what to say of those that have no counterpart.

    No call about a number is lost between two that are in memory: its own last ones are kept, and the last ones of all.
    """
    timeline = snapshot.derive(Timeline)
    rows = timeline.rows
    is_about = about(snapshot, fd)[rows]
    gaps: list[_Gap] = []
    notes: dict[int, str] = {}
    closed: int | None = None
    is_open = False
    for place in np.flatnonzero(is_about).tolist():
        event = timeline.event(int(rows[place]))
        if fd in made_by(event):
            if closed is not None:
                gaps.append(_Gap(int(rows[closed]), int(rows[place]), rows[closed:place][~is_about[closed:place]]))
            elif is_open and not event.flags & EventFlag.REPLACED:
                notes[int(rows[place])] = f"{fd} is given out again, though no close of it was seen"
            closed, is_open = None, True
        elif event.flags & EventFlag.CLOSED and closed is None:
            closed, is_open = place, False
    if closed is not None:
        notes[int(rows[closed])] = f"{fd} is closed, and was not given out again"
    return gaps, notes
