"""Where many handles hang: the object that the ways to all of them have in common, and no longer have below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.describe import count_items, describe, short_type
from pyhandles.findings.retention import retention
from pyhandles.findings.wording import root_text, step_text, tells_reference
from pyhandles.format import LabelKind
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import LoopHandles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.retention import Retention
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Accumulation:
    """index: of the object where many hang. text: what it is called, and is: ``app.POOL.idle, a list of 58``."""

    index: int
    text: str


def accumulation(snapshot: Snapshot, owners: Sequence[int]) -> Accumulation | None:
    """Where the owners hang; None if there is one only, or nothing that holds them all."""
    if len(owners) < 2:
        return None
    ways = [_ways(retention(snapshot, owner)) for owner in owners]
    handles = snapshot.derive(LoopHandles)
    for way_of_each in zip(*ways, strict=False):
        common = _common(way_of_each)
        if handles.end_in(way_of_each[0]) > handles.end_in(common):
            return None  # Each is in a call of its own, of all those that an event loop is to make.
        if common:
            return _accumulation(snapshot, common[0].source, common)
    starts = {_start(retention(snapshot, owner)) for owner in owners}
    return None if len(starts) > 1 or None in starts else _accumulation(snapshot, starts.pop() or 0, ())


def _ways(kept: Retention) -> tuple[tuple[Reference, ...], ...]:
    """The parts of the way to an object, the nearest first."""
    if kept.path:
        return (kept.path.steps,)
    return (kept.loop.down, kept.loop.steps) if kept.loop else ()


def _common(ways: Sequence[tuple[Reference, ...]]) -> list[Reference]:
    """The steps that all the ways have."""
    rows = set.intersection(*({step.row for step in way} for way in ways))
    return [step for step in ways[0] if step.row in rows]


def _start(kept: Retention) -> int | None:
    """The root, or the object of the loop from which the way leads down."""
    if kept.path:
        return kept.path.root
    return kept.loop.steps[0].source if kept.loop else None


def _accumulation(snapshot: Snapshot, start: int, steps: Sequence[Reference]) -> Accumulation:
    """The object that the steps lead to, by the name that the program has for it, and what it is."""
    index = steps[-1].target if steps else start
    what = describe(snapshot, index).text if count_items(snapshot, index) is not None else short_type(snapshot, index)
    name = _dotted(snapshot, start, steps)
    return Accumulation(index, f"{name}, {'an' if what[0] in 'aeiouAEIOU' else 'a'} {what}" if steps else name)


def _dotted(snapshot: Snapshot, start: int, steps: Sequence[Reference]) -> str:
    """``app.POOL.idle``, ``local variable pool.idle of handle() at app.py:62``."""
    module = snapshot.modules.of(start)
    text = module.name or "?" if module else _start_text(snapshot, start)
    of = ""  # whose variable it is
    for step in steps:
        label = snapshot.label(step.row)
        if step is steps[0] and not module and tells_reference(snapshot, step):
            text, of = _apart(root_text(snapshot, start, step))
        elif label.kind == LabelKind.GLOBAL:
            text += f".{label.name}"
        elif label.kind in _VARIABLES:
            text, of = _apart(step_text(snapshot, step))
        else:
            text += label.suffix
    return text + of


def _apart(variable: str) -> tuple[str, str]:
    """A variable's name, and whose it is."""
    name, of, whose = variable.partition(" of ")
    return name, of + whose


def _start_text(snapshot: Snapshot, start: int) -> str:
    """A root by what it is called, another object by its own description."""
    return root_text(snapshot, start) if start in snapshot.derive(Roots).table else describe(snapshot, start).text


_VARIABLES = {LabelKind.LOCAL, LabelKind.CLOSURE}
"""What they are called says nothing without their function."""
