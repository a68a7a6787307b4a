"""The stacks of threads: the frames that ran when the snapshot was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.describe import Described, code_of
from pyhandles.findings.pages import Page, page
from pyhandles.findings.referents import groups
from pyhandles.findings.special import special_fields
from pyhandles.findings.waits import wait_of
from pyhandles.format import THREAD_CAPTURING, THREAD_MAIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyhandles.findings.waits import ThreadWait
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Frame


@dataclass(frozen=True, slots=True)
class Variable:
    """A local variable. fd, target: of the descriptor that its value owns or stands around, else None."""

    name: str
    object: Described
    fd: int | None
    target: str | None


@dataclass(frozen=True, slots=True)
class StackFrame:
    """``File "{file}", line {line}, in {function}``.

    address: of the frame; of a suspended one, of its generator or coroutine. locals: None unless asked for.
    """

    file: str
    line: int
    function: str
    address: int
    locals: tuple[Variable, ...] | None


@dataclass(frozen=True, slots=True)
class ThreadStack:
    """A thread. frames: the most recent call last, as in a traceback.

    ident: as `threading.get_ident` has it. native: the system's number of it, None where it is not known.
    capturing: whether the snapshot was made because of what this thread did.
    wait: what it was doing, None where the kernel did not tell.
    """

    name: str | None
    ident: int
    native: int | None
    main: bool
    capturing: bool
    frames: tuple[StackFrame, ...]
    wait: ThreadWait | None = None


class Stacks:
    """The threads that ran Python: the one that made the capture first, else in the order of the file.

    Take it with ``snapshot.derive(Stacks)``. rows: of ``snapshot.threads``. Cost: linear in the frames.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        columns = snapshot.tables["frames"]
        self._order = np.lexsort((-columns["depth"].astype(np.int64), columns["thread"]))
        self._threads = columns["thread"][self._order]
        threads = snapshot.threads
        self.rows = sorted(range(len(threads)), key=lambda row: not threads[row].flags & THREAD_CAPTURING)

    def frames(self, row: int) -> list[Frame]:
        """Of the thread in this row, the most recent call last."""
        start, end = np.searchsorted(self._threads, [row, row + 1])
        return [self._snapshot.frames[position] for position in self._order[start:end].tolist()]

    def stack(self, row: int, *, with_locals: bool) -> ThreadStack:
        thread = self._snapshot.threads[row]
        return ThreadStack(
            name=thread.name,
            ident=thread.ident,
            native=thread.native or None,
            main=bool(thread.flags & THREAD_MAIN),
            capturing=bool(thread.flags & THREAD_CAPTURING),
            frames=stack_frames(self._snapshot, self.frames(row), with_locals=with_locals),
            wait=wait_of(self._snapshot, thread.native),
        )


def thread_stacks(
    snapshot: Snapshot, *, with_locals: bool = False, limit: int | None = None, offset: int = 0
) -> Page[ThreadStack]:
    """Every thread that ran Python, in the order of `Stacks`. Locals cost in what is shown."""
    stacks = snapshot.derive(Stacks)
    return page(stacks.rows, lambda row: stacks.stack(row, with_locals=with_locals), limit=limit, offset=offset)


def stack_frames(snapshot: Snapshot, frames: Iterable[Frame], *, with_locals: bool) -> tuple[StackFrame, ...]:
    """The frames in their order."""
    return tuple(_frame(snapshot, frame, _locals(snapshot, frame.object) if with_locals else None) for frame in frames)


def _frame(snapshot: Snapshot, frame: Frame, variables: tuple[Variable, ...] | None) -> StackFrame:
    code = code_of(snapshot, frame.code)
    file, name = (code.file or "?", code.name or "?") if code else ("?", "?")
    return StackFrame(file, frame.line, name, int(snapshot.addresses[frame.object]), variables)


def _locals(snapshot: Snapshot, index: int) -> tuple[Variable, ...]:
    found = []
    for referent in groups(snapshot, index, None).get("locals", ()):
        fields = special_fields(snapshot, referent.object.index)
        fd, target = fields.get("fd"), fields.get("target")
        found.append(
            Variable(
                referent.label.removeprefix("local variable "),
                referent.object,
                fd if isinstance(fd, int) else None,
                target if isinstance(target, str) else None,
            )
        )
    return tuple(found)
