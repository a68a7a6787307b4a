"""What to cut: the one reference whose removal lets an object go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.describe import describe
from pyhandles.findings.holder import CONTAINERS
from pyhandles.findings.wording import root_text, step_text, tells_reference
from pyhandles.format import LabelKind
from pyhandles.graph.paths import RootRank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.retention import Retention
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot


def cut_text(snapshot: Snapshot, kept: Retention) -> str | None:
    """The reference to cut, with where it starts: ``closure variable conns of on_closed``, ``item [3] of Pool.idle``.

    Of a loop: a closure variable if it has one, because nobody meant to keep anything by it; else the reference that
    closes the loop. Of a path: the last one out of a container, which is what an owner is taken out of; else the
    root's. None where native code holds the object, or nothing is known to.
    """
    if kept.loop:
        return _out_of(snapshot, kept.loop.steps, _in_loop(snapshot, kept.loop.steps))
    if kept.path is None or kept.path.rank == RootRank.NATIVE or not kept.path.steps:
        return None
    return _out_of(snapshot, kept.path.steps, _in_path(snapshot, kept.path.steps))


def _in_loop(snapshot: Snapshot, steps: Sequence[Reference]) -> int:
    kinds = [snapshot.label(step.row).kind for step in steps]
    return kinds.index(LabelKind.CLOSURE) if LabelKind.CLOSURE in kinds else len(steps) - 1


def _in_path(snapshot: Snapshot, steps: Sequence[Reference]) -> int:
    containers = [place for place, step in enumerate(steps) if snapshot.type_name(step.source) in CONTAINERS]
    return containers[-1] if containers else 0


def _out_of(snapshot: Snapshot, steps: Sequence[Reference], place: int) -> str:
    """The reference with where it starts; of a container, also where that is."""
    step = steps[place]
    label = snapshot.label(step.row)
    if tells_reference(snapshot, step):
        return root_text(snapshot, step.source, step)
    if label.kind == LabelKind.CLOSURE:
        return f"{label.text} of {describe(snapshot, step.source).text}"
    if snapshot.type_name(step.source) in CONTAINERS:
        place_of_container = _out_of(snapshot, steps, place - 1) if place else describe(snapshot, step.source).text
        return f"{label.text} of {place_of_container}"
    return step_text(snapshot, step)
