"""asyncio's tasks, and what each waits for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.awaits import Wait, await_chain, coroutine_name, task_name, wait_of
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.pages import Page, page
from pyhandles.findings.stacks import StackFrame, stack_frames
from pyhandles.findings.wording import thread_name
from pyhandles.format import LABEL_KIND_SHIFT, LABEL_VALUE_MASK, NOTHING, FrameKind, LabelKind
from pyhandles.graph.rows import rows_of_all
from pyhandles.graph.strength import FieldLabels
from pyhandles.inspectors.awaiting import LOOP_FUNCTIONS, TASKS
from pyhandles.inspectors.wrappers import bases

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_FIELD_KINDS = (LabelKind.MEMBER, LabelKind.ATTRIBUTE, LabelKind.SLOT)


@dataclass(frozen=True, slots=True)
class Task:
    """A task that is not done.

    name: None where the snapshot lacks it.
    state: ``running``; ``waiting`` for what `wait` says; ``ready`` to run when its loop comes to it.
    coroutine: qualified name of its function. thread: where its event loop runs, None where that is not known.
    chain: the coroutines and asynchronous generators that await each other, the innermost last.
    """

    object: Described
    name: str | None
    coroutine: str
    state: str
    thread: str | None
    chain: tuple[StackFrame, ...]
    wait: Wait | None


def tasks(snapshot: Snapshot, *, with_locals: bool = False, limit: int | None = None, offset: int = 0) -> Page[Task]:
    """Every task that is not done, those that run first.

    Cost: a pass over the objects, then linear in the tasks; chains are followed for what is shown.
    """
    found = snapshot.derive(_Found)
    # Thousands may wait for one future.
    wait = cache(lambda future: wait_of(snapshot, future))

    def make(index: int) -> Task:
        frames = await_chain(snapshot, found.coroutine[index])
        waiter = found.waiter.get(index)
        return Task(
            object=describe(snapshot, index),
            name=task_name(snapshot, index),
            coroutine=coroutine_name(snapshot, found.coroutine[index]),
            state=found.state(index),
            thread=found.thread(index),
            chain=stack_frames(snapshot, frames, with_locals=with_locals),
            wait=None if waiter is None else wait(waiter),
        )

    return page(found.alive, make, limit=limit, offset=offset, empty="no asyncio task")


class _Found:
    """The tasks with what they refer to, by object. alive: those that are not done."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        types = [record.object for record in snapshot.type_records if _is_task_type(snapshot, record.object)]
        indices = np.flatnonzero(np.isin(snapshot.types, types))
        indices = indices[np.isin(indices, types, invert=True)]
        self.coroutine = _field(snapshot, indices, "_coro")
        self.waiter = _field(snapshot, indices, "_fut_waiter")
        self._threads = _loop_threads(snapshot, indices)
        is_suspended = _suspended(snapshot)
        coroutines = np.array(list(self.coroutine.values()), dtype=np.int64)
        self._running = _running(snapshot, coroutines[~is_suspended[coroutines]])
        alive = [
            task for task, coroutine in self.coroutine.items() if is_suspended[coroutine] or coroutine in self._running
        ]
        self.alive = sorted(alive, key=lambda task: self.coroutine[task] not in self._running)

    def state(self, task: int) -> str:
        if self.coroutine[task] in self._running:
            return "running"
        return "waiting" if task in self.waiter else "ready"

    def thread(self, task: int) -> str | None:
        return self._threads.get(task)


def _is_task_type(snapshot: Snapshot, type_index: int) -> bool:
    return any(snapshot.name_of_type(base) in TASKS for base in bases(snapshot, type_index))


def _field(snapshot: Snapshot, indices: np.ndarray, name: str) -> dict[int, int]:
    """By object, what the field of this name refers to: of an object written in C, or an attribute."""
    text = snapshot.strings.find(name)
    if text is None:
        return {}
    found: dict[int, int] = {}
    for holders, beside in ((indices, indices), _dicts(snapshot, indices)):
        rows, owners = rows_of_all(snapshot.starts, holders, beside)
        labels = snapshot.labels[rows]
        is_field = np.isin(labels >> LABEL_KIND_SHIFT, _FIELD_KINDS) & (labels & LABEL_VALUE_MASK == text)
        targets = snapshot.targets[rows[is_field]]
        is_something = np.array([snapshot.type_name(target) != "NoneType" for target in targets.tolist()], dtype=bool)
        found |= dict(zip(owners[is_field][is_something].tolist(), targets[is_something].tolist(), strict=True))
    return found


def _dicts(snapshot: Snapshot, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The dicts in which these objects have their attributes, and beside each its object."""
    rows, owners = rows_of_all(snapshot.starts, indices)
    is_dict = snapshot.labels[rows] == snapshot.derive(FieldLabels).dict
    return snapshot.targets[rows[is_dict]], owners[is_dict]


def _suspended(snapshot: Snapshot) -> np.ndarray:
    columns = snapshot.tables["frames"]
    is_suspended = np.zeros(snapshot.n_objects, dtype=bool)
    is_suspended[columns["object"][np.isin(columns["kind"], _SUSPENDED)]] = True
    return is_suspended


_SUSPENDED = (FrameKind.GENERATOR, FrameKind.COROUTINE, FrameKind.ASYNC_GENERATOR)


def _running(snapshot: Snapshot, coroutines: np.ndarray) -> set[int]:
    """Those that still have the function they run: a coroutine that is done has let go of it."""
    is_function = np.zeros(snapshot.n_objects, dtype=bool)
    is_function[snapshot.tables["functions"]["object"]] = True
    rows, owners = rows_of_all(snapshot.starts, coroutines)
    return set(owners[is_function[snapshot.targets[rows]]].tolist())


def _loop_threads(snapshot: Snapshot, tasks_: np.ndarray) -> dict[int, str | None]:
    """By task, the name of the thread that runs its event loop."""
    loops: dict[int, str | None] = {}
    for frame in snapshot.frames:
        code = None if frame.code == NOTHING or frame.kind != FrameKind.RUNNING else snapshot.codes.of(frame.code)
        if code is None or code.name not in LOOP_FUNCTIONS:
            continue
        for row in snapshot.rows_of(frame.object):
            label = snapshot.label(row)
            if label.kind == LabelKind.LOCAL and label.name == "self":
                loops[int(snapshot.targets[row])] = thread_name(snapshot, frame)
    rows, owners = rows_of_all(snapshot.starts, tasks_)
    is_loop = np.isin(snapshot.targets[rows], list(loops))
    pairs = zip(owners[is_loop].tolist(), snapshot.targets[rows[is_loop]].tolist(), strict=True)
    return {task: loops[loop] for task, loop in pairs}
