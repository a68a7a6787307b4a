"""What to cut: the one reference whose removal lets an object go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.describe import describe
from pyhandles.findings.wording import root_text, step_text, tells_reference
from pyhandles.format import LabelKind
from pyhandles.graph.paths import RootRank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.retention import Retention
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

_ITEMS = {
    LabelKind.ITEM,
    LabelKind.VALUE_NAME,
    LabelKind.VALUE_INT,
    LabelKind.VALUE_HASH,
    LabelKind.VALUE_TYPE,
    LabelKind.KEY_NAME,
    LabelKind.KEY_INT,
    LabelKind.KEY_HASH,
    LabelKind.KEY_TYPE,
    LabelKind.SET_ITEM,
}
_VARIABLES = {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.LOCAL, LabelKind.GLOBAL}
_FIXED = {"tuple", "frozenset"}


def cut_text(snapshot: Snapshot, kept: Retention) -> str | None:
    """The reference to cut, with where it starts: ``closure variable conns of on_closed``, ``item [3] of Pool.idle``.

    Of a loop: a closure variable if it has one, because nobody meant to keep anything by it; else the last of its
    references that a program can take back. Of a path: the last one out of a container, which is what an owner is
    taken out of; else the first that a program can take back. None where there is none.
    """
    if kept.loop:
        steps = kept.loop.steps
        place = _last(snapshot, steps, {LabelKind.CLOSURE}, _ITEMS | _VARIABLES)
    elif kept.path and kept.path.rank != RootRank.NATIVE:
        steps = kept.path.steps
        place = _last(snapshot, steps, _ITEMS | {LabelKind.CONTEXT})
        if place is None and steps:
            place = 0
    else:
        return None
    return None if place is None else _from_where(snapshot, steps, place)


def _last(snapshot: Snapshot, steps: Sequence[Reference], *choices: set[LabelKind]) -> int | None:
    """Place of the last step whose label is of the first of the choices that there is."""
    for kinds in choices:
        for place in range(len(steps) - 1, -1, -1):
            step = steps[place]
            if snapshot.label(step.row).kind in kinds and snapshot.type_name(step.source) not in _FIXED:
                return place
    return None


def _from_where(snapshot: Snapshot, steps: Sequence[Reference], place: int) -> str:
    """The reference with where it starts; of an item, also where its container is."""
    step = steps[place]
    label = snapshot.label(step.row)
    if tells_reference(snapshot, step):
        return root_text(snapshot, step.source, step)
    if label.kind == LabelKind.CLOSURE:
        return f"{label.text} of {describe(snapshot, step.source).text}"
    if label.kind in _ITEMS:
        container = _from_where(snapshot, steps, place - 1) if place else describe(snapshot, step.source).text
        return f"{label.text} of {container}"
    return step_text(snapshot, step)
