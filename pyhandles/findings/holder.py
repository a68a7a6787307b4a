"""The holder: the nearest object on the way to a root that a user would recognise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.describe import describe, short_type
from pyhandles.findings.wording import step_text
from pyhandles.format import LabelKind
from pyhandles.graph.folding import Folding, Reference
from pyhandles.inspectors.wrappers import Wrappers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyhandles.findings.retention import Retention
    from pyhandles.snapshot import Snapshot

CONTAINERS = frozenset(
    {
        "_thread._local",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "dict",
        "frozenset",
        "functools._lru_cache_wrapper",
        "functools.partial",
        "list",
        "method",
        "queue.LifoQueue",
        "queue.PriorityQueue",
        "queue.Queue",
        "set",
        "tuple",
    }
)
"""They say where something lies but not whose it is: ``Pool.idle[3]``, not ``list[3]``."""

_MAX_STEPS = 16


def holder_text(snapshot: Snapshot, index: int, kept: Retention) -> str | None:
    """The holder of an owner, and where the owner is in it: ``Connection.sock``, ``Pool.idle[3]``.

    ``global POOL['c1'] of app``, ``local variable conn of handle()``. The type's name goes without its module unless
    two types of the snapshot share it. None if nothing that is known holds the object.
    """
    where = ""
    last = None
    for step in _upwards(snapshot, index, kept):
        if step.source not in snapshot.derive(Wrappers):
            label = snapshot.label(step.row)
            if snapshot.type_name(step.source) not in CONTAINERS:
                return _text(snapshot, step, where)
            where = label.suffix + where
            last = step.source
    return None if last is None else f"{short_type(snapshot, last)}{where}"


def _text(snapshot: Snapshot, step: Reference, where: str) -> str:
    label = snapshot.label(step.row)
    source = step.source
    if label.kind == LabelKind.GLOBAL:
        module = snapshot.modules.of(source)
        return f"{label.text}{where} of {module.name if module else describe(snapshot, source).text}"
    if label.kind == LabelKind.LOCAL:
        frame = snapshot.frames.of(source)
        code = frame and snapshot.codes.of(frame.code)
        return f"{label.text}{where} of {code.name}()" if code else f"{label.text}{where}"
    if label.kind == LabelKind.CLOSURE:
        function = snapshot.functions.of(source)
        return f"{label.text}{where} of {function.qualname if function else describe(snapshot, source).text}"
    if label.kind == LabelKind.CONTEXT:
        return f"{label.text}{where}"
    if label.kind in {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER}:
        return step_text(snapshot, step) + where
    return f"{short_type(snapshot, source)}{label.suffix}{where}"


def _upwards(snapshot: Snapshot, index: int, kept: Retention) -> Iterable[Reference]:
    """The references above the object, nearest first: up the path, or for garbage up to the loop and around it."""
    return reversed(kept.path.steps) if kept.path else _up_in_garbage(snapshot, index)


def _up_in_garbage(snapshot: Snapshot, index: int) -> Iterator[Reference]:
    folding = Folding(snapshot)
    wrappers = snapshot.derive(Wrappers)
    passed = {index}
    for _ in range(_MAX_STEPS):
        steps = [step for step in folding.referrers(index) if step.source not in passed]
        if not steps:
            return
        step = min(steps, key=lambda step: step.source in wrappers)
        yield step
        index = step.source
        passed.add(index)
