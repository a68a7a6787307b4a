"""What a suspended coroutine waits for: the chain of those that await each other, and where its last future lies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.describe import Described, code_of, describe
from pyhandles.findings.holder import place_text
from pyhandles.findings.recognition import CONTAINERS
from pyhandles.findings.referents import groups
from pyhandles.findings.special import special_fields
from pyhandles.format import LABEL_KIND_SHIFT, LABEL_VALUE_MASK, FrameKind, LabelKind
from pyhandles.graph.folding import Folding
from pyhandles.inspectors.awaiting import PARTS, PASSED_THROUGH, TASKS, WAITING
from pyhandles.inspectors.wrappers import bases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Frame

UNKNOWN = "?"
_MAX_REFERRERS = 4096
_MAX_CONTAINERS = 4
_SUSPENDED = {FrameKind.GENERATOR, FrameKind.COROUTINE, FrameKind.ASYNC_GENERATOR}


@dataclass(frozen=True, slots=True)
class TaskName:
    """A task that another one waits for. name: None where the snapshot lacks it. coroutine: name of its function."""

    address: int
    name: str | None
    coroutine: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The future or task that ends a chain.

    tasks: those that have to be done first, where it is a task or stands for some.
    where: in what the future lies, as in ``StreamReader._waiter`` or ``TimerHandle._args[0]``: who has it will wake the
        task up. None where nothing else has it. fd, target: of the descriptor that is there.
    """

    object: Described
    tasks: tuple[TaskName, ...]
    where: str | None
    fd: int | None
    target: str | None


def await_chain(snapshot: Snapshot, coroutine: int) -> list[Frame]:
    """The suspended frames from the coroutine inwards: each awaits the next. Empty for one that runs."""
    chain: list[Frame] = []
    seen: set[int] = set()
    at: int | None = coroutine
    while at is not None and at not in seen:
        seen.add(at)
        frame = snapshot.frames.of(at)
        if frame is not None and frame.kind in _SUSPENDED:
            chain.append(frame)
            at = _awaited(snapshot, at)
        else:
            at = _first_referent(snapshot, at) if snapshot.type_name(at) in PASSED_THROUGH else None
    return chain


def wait_of(snapshot: Snapshot, future: int) -> Wait:
    """What there is to say of the future that a task waits for."""
    described = describe(snapshot, future)
    if is_task(snapshot, future):
        return Wait(described, (_task_name(snapshot, future),), None, None, None)
    if parts := tuple(_parts(snapshot, future)):
        return Wait(described, parts, None, None, None)
    steps = _upwards(snapshot, future)
    fields = next(filter(None, (_descriptor(snapshot, step.source) for step in steps)), {})
    fd, target = fields.get("fd"), fields.get("target")
    return Wait(
        described,
        tuple(_parts(snapshot, steps[-1].source)) if steps else (),
        _where(snapshot, steps),
        fd if isinstance(fd, int) else None,
        target if isinstance(target, str) else None,
    )


def is_task(snapshot: Snapshot, index: int) -> bool:
    return any(name in TASKS for name in _type_names(snapshot, index))


def _type_names(snapshot: Snapshot, index: int) -> Iterator[str]:
    return (snapshot.name_of_type(base) for base in bases(snapshot, snapshot.type_index(index)))


def _awaited(snapshot: Snapshot, index: int) -> int | None:
    """What stands on top of a suspended evaluation stack; where nothing is labelled so, what comes last."""
    rows = snapshot.rows_of(index)
    labels = snapshot.labels[rows.start : rows.stop]
    kinds, values = labels >> LABEL_KIND_SHIFT, labels & LABEL_VALUE_MASK
    for kind in (LabelKind.STACK, LabelKind.UNKNOWN):
        candidates = np.flatnonzero(kinds == kind)
        if len(candidates):
            return int(snapshot.targets[rows.start + candidates[np.argmax(values[candidates])]])
    return None


def _first_referent(snapshot: Snapshot, index: int) -> int | None:
    type_index = snapshot.type_index(index)
    targets = (int(snapshot.targets[row]) for row in snapshot.rows_of(index))
    return next((target for target in targets if target != type_index), None)


def _parts(snapshot: Snapshot, whole: int) -> Iterator[TaskName]:
    """The tasks that have to be done before the object has what is waited for."""
    attribute = PARTS.get(snapshot.type_name(whole))
    for referent in groups(snapshot, whole, None).get("attributes", ()) if attribute else ():
        if referent.label == f"attribute .{attribute}":
            targets = (int(snapshot.targets[row]) for row in snapshot.rows_of(referent.object.index))
            yield from (_task_name(snapshot, target) for target in targets if is_task(snapshot, target))


def _task_name(snapshot: Snapshot, task: int) -> TaskName:
    coroutines = (row for row in snapshot.rows_of(task) if snapshot.label(row).name == "_coro")
    name = next((coroutine_name(snapshot, int(snapshot.targets[row])) for row in coroutines), UNKNOWN)
    return TaskName(int(snapshot.addresses[task]), task_name(snapshot, task), name)


def task_name(snapshot: Snapshot, task: int) -> str | None:
    """The name of a task, where it is known."""
    record = snapshot.tasks.of(task)
    return record.name if record else None


def coroutine_name(snapshot: Snapshot, coroutine: int) -> str:
    """Qualified name of the function of a coroutine that is not done."""
    frame = snapshot.frames.of(coroutine)
    code = None if frame is None else code_of(snapshot, frame.code)
    if code:
        return code.qualname or code.name or UNKNOWN
    functions = (snapshot.functions.of(int(snapshot.targets[row])) for row in snapshot.rows_of(coroutine))
    return next((function.qualname for function in functions if function and function.qualname), UNKNOWN)


def _upwards(snapshot: Snapshot, future: int) -> list[Reference]:
    """The references above a future, nearest first, through containers, up to what will have it done; else none."""
    folding = snapshot.derive(Folding)
    steps: list[Reference] = []
    at = future
    for _ in range(_MAX_CONTAINERS):
        nearest = islice(folding.referrers(at), _MAX_REFERRERS)
        step = next((each for each in nearest if not _is_waiting(snapshot, each)), None)
        if step is None:
            return []
        steps.append(step)
        if snapshot.type_name(step.source) not in CONTAINERS:
            return steps
        at = step.source
    return []


def _is_waiting(snapshot: Snapshot, step: Reference) -> bool:
    source = step.source
    if snapshot.frames.of(source) or snapshot.type_name(source) in WAITING or is_task(snapshot, source):
        return True
    return snapshot.label(step.row).name == "_asyncio_awaited_by"


def _where(snapshot: Snapshot, steps: list[Reference]) -> str | None:
    inside = "".join(snapshot.label(step.row).suffix for step in reversed(steps[:-1]))
    return place_text(snapshot, steps[-1], inside) if steps else None


def _descriptor(snapshot: Snapshot, index: int) -> dict[str, object]:
    """The fields of a descriptor that an object owns or stands around, or has among its items."""
    candidates = [index]
    if snapshot.type_name(index) == "tuple":
        candidates += [int(snapshot.targets[row]) for row in snapshot.rows_of(index)]
    for candidate in candidates:
        fields = special_fields(snapshot, candidate)
        if isinstance(fields.get("fd"), int):
            return fields
    return {}
