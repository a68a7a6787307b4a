"""What to cut: the one reference whose removal lets an object go, and whether it would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.describe import describe
from pyhandles.findings.raised import raised_on
from pyhandles.findings.retention import Retention
from pyhandles.findings.wording import retention_texts, root_text, step_text, tells_reference
from pyhandles.format import LabelKind
from pyhandles.graph.detours import Detours
from pyhandles.graph.paths import RootRank
from pyhandles.graph.strength import LoopHandles
from pyhandles.inspectors.wrappers import Lineage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

_ITEMS = {
    LabelKind.ITEM: "item",
    LabelKind.VALUE_NAME: "value",
    LabelKind.VALUE_INT: "value",
    LabelKind.VALUE_HASH: "value",
    LabelKind.VALUE_TYPE: "value",
    LabelKind.KEY_NAME: "key",
    LabelKind.KEY_INT: "key",
    LabelKind.KEY_HASH: "key",
    LabelKind.KEY_TYPE: "key",
    LabelKind.SET_ITEM: "item",
}
"""What is in a container, and what one of them is called."""
_VARIABLES = {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.LOCAL, LabelKind.GLOBAL}
_FIXED = {"tuple", "frozenset"}
_SETTABLE = {"__traceback__", "__context__", "__cause__", "__defaults__", "__kwdefaults__"}
"""Of the fields of what is written in C, those that a program can set."""


def cut_text(snapshot: Snapshot, kept: Retention, *, each: bool = False, out_of: int | None = None) -> str | None:
    """The reference to cut, with where it starts: ``closure variable conns of on_closed``, ``item [3] of Pool.idle``.

    Of a loop: a closure variable if it has one, because nobody meant to keep anything by it; else the last of its
    references that a program can take back. Of a path: the one that keeps an exception, if it runs through one; else
    the last one out of a container, which is what an owner is taken out of; else the first that a program can take
    back. None where there is none, or where it would be in what an event loop is to call.

    each: of many that are kept in the same way: ``each item of Pool.idle``. out_of: the container that they all hang
    in: it is where they became many, so something is to be taken out of it, if it can be.
    """
    place = _place(snapshot, kept, out_of)
    if place is None:
        return None
    steps = _steps(kept)
    label = snapshot.label(steps[place].row)
    is_of_c = label.kind == LabelKind.MEMBER and label.name not in _SETTABLE
    if kept.path and is_of_c and not raised_on(snapshot, steps):
        return root_text(snapshot, kept.path.root)
    return reference_text(snapshot, steps, place, each=each)


def also_held(snapshot: Snapshot, kept: Retention, index: int) -> tuple[str, ...]:
    """How the object would be held still if `cut_text` were cut: texts from a root down; empty where it would go.

    Of garbage it is empty. What a frame has on its stack beside its variables does not count: it goes with the call.
    Cost: one search, of what lies above the object.
    """
    place = _place(snapshot, kept) if kept.path else None
    if place is None or kept.path is None:
        return ()
    path = snapshot.derive(Detours).to(index, np.array([_steps(kept)[place].row]))
    if path is None or (path.rank == RootRank.LOCAL and path.root == kept.path.root):
        return ()
    return tuple(retention_texts(snapshot, Retention(is_garbage=False, path=path, loop=None), index))


def _steps(kept: Retention) -> Sequence[Reference]:
    return kept.loop.steps if kept.loop else kept.path.steps if kept.path else ()


def _place(snapshot: Snapshot, kept: Retention, out_of: int | None = None) -> int | None:
    """Which of the steps is to be cut."""
    place: int | None
    if kept.loop:
        steps = kept.loop.steps
        place = _last(snapshot, steps, {LabelKind.CLOSURE}, _ITEMS.keys() | _VARIABLES)
    elif kept.path and kept.path.rank != RootRank.NATIVE:
        steps = kept.path.steps
        raised = raised_on(snapshot, steps)
        # What is above an exception is meant to be kept; that it keeps an owner besides, nobody meant.
        place = _not_fixed(snapshot, steps, max(raised[0][0] - 1, 0)) if raised else _out_of(snapshot, steps, out_of)
        if (place or 0) < snapshot.derive(LoopHandles).end_in(steps):
            return None  # An event loop lets go by itself of what is closed.
        if place is None and steps:
            # What only one thread sees in a thread-local is that thread's to give up, not the whole.
            place = int(len(steps) > 1 and "_thread._local" in snapshot.derive(Lineage).of_object(steps[0].target))
            if snapshot.label(steps[place].row).kind in {LabelKind.STACK, LabelKind.STACK_CANDIDATE}:
                return None
    else:
        return None
    return place


def _last(snapshot: Snapshot, steps: Sequence[Reference], *choices: set[LabelKind]) -> int | None:
    """Place of the last step whose label is of the first of the choices that there is."""
    for kinds in choices:
        for place in range(len(steps) - 1, -1, -1):
            kind = snapshot.label(steps[place].row).kind
            if kind in kinds and not is_fixed(snapshot, steps[place].source):
                return place
    return None


def _out_of(snapshot: Snapshot, steps: Sequence[Reference], container: int | None) -> int | None:
    """Place of the step out of this container, else of the last one out of any."""
    items = _ITEMS.keys() | {LabelKind.CONTEXT}
    for place, step in enumerate(steps):
        is_item = step.source == container and snapshot.label(step.row).kind in items
        if is_item and not is_fixed(snapshot, step.source):
            return place
    return _last(snapshot, steps, items)


def _not_fixed(snapshot: Snapshot, steps: Sequence[Reference], place: int) -> int:
    """This place, or that of the last step before it which a program can take back."""
    while place > 0 and is_fixed(snapshot, steps[place].source):
        place -= 1
    return place


def is_fixed(snapshot: Snapshot, index: int) -> bool:
    """Whether nothing can be taken out of a container."""
    return not _FIXED.isdisjoint(snapshot.derive(Lineage).of_object(index))


def reference_text(snapshot: Snapshot, steps: Sequence[Reference], place: int, *, each: bool = False) -> str:
    """The reference with where it starts; of an item, also where its container is."""
    step = steps[place]
    label = snapshot.label(step.row)
    if tells_reference(snapshot, step):
        return root_text(snapshot, step.source, step)
    if label.kind == LabelKind.CLOSURE:
        return f"{label.text} of {describe(snapshot, step.source).text}"
    if label.kind in _ITEMS:
        container = reference_text(snapshot, steps, place - 1) if place else describe(snapshot, step.source).text
        return f"each {_ITEMS[label.kind]} of {container}" if each else f"{label.text} of {container}"
    return step_text(snapshot, step)


def reference_from_root(snapshot: Snapshot, steps: Sequence[Reference]) -> str:
    """``Pool.idle of global POOL of module app``: the last reference, and the root that it is reached from."""
    text = reference_text(snapshot, steps, len(steps) - 1)
    first = steps[0]
    if len(steps) == 1 or not tells_reference(snapshot, first):
        return text
    root = root_text(snapshot, first.source, first)
    if root in text:
        return text
    return f"{text} {'of' if len(steps) == 2 else 'below'} {root}"
