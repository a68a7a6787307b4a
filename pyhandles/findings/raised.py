"""Which exception a way down runs through, where it was raised, and where on the way somebody keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.describe import call_site, code_of
from pyhandles.format import FrameKind
from pyhandles.graph.adjacency import Adjacency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

TRACEBACK = "traceback"
_MOST_LEVELS = 1_000


def is_raised(snapshot: Snapshot, index: int) -> bool:
    """Whether the object is an exception or a traceback."""
    return snapshot.exceptions.of(index) is not None or snapshot.type_name(index) == TRACEBACK


def raised_on(snapshot: Snapshot, steps: Sequence[Reference]) -> list[tuple[int, int]]:
    """The exceptions and tracebacks that a way passes, from above, each with the place of the step that leaves it."""
    passed = ((place, index) for place, step in enumerate(steps) for index in (step.source, *step.via))
    return [(place, index) for place, index in passed if is_raised(snapshot, index)]


def exception_of(snapshot: Snapshot, traceback: int) -> int | None:
    """The one exception whose ``__traceback__`` this is; None if there is none, or several."""
    sources, rows = snapshot.derive(Adjacency).incoming(traceback)
    found = {
        int(source)
        for source, row in zip(sources, rows, strict=True)
        if snapshot.exceptions.of(int(source)) and snapshot.label(int(row)).name == "__traceback__"
    }
    return found.pop() if len(found) == 1 else None


def traceback_of(snapshot: Snapshot, exception: int) -> int | None:
    return _field(snapshot, exception, "__traceback__")


def raised_at(snapshot: Snapshot, traceback: int) -> str | None:
    """Where it was raised: ``connect() at pool.py:88``; without the line if that function went on afterwards."""
    innermost, levels = traceback, 0
    while levels < _MOST_LEVELS and (below := _field(snapshot, innermost, "tb_next")) is not None:
        innermost, levels = below, levels + 1
    index = _field(snapshot, innermost, "tb_frame")
    frame = None if index is None else snapshot.frames.of(index)
    code = frame and code_of(snapshot, frame.code)
    if frame is None or code is None:
        return None
    # A frame that the exception has left is where it was; one that caught it itself has gone on, to another line.
    return call_site(snapshot, frame) if levels and frame.kind == FrameKind.FINISHED else f"{code.name or '?'}()"


def _field(snapshot: Snapshot, index: int, name: str) -> int | None:
    for row in snapshot.rows_of(index):
        if snapshot.label(row).name == name:
            target = int(snapshot.targets[row])
            return None if snapshot.type_name(target) == "NoneType" else target
    return None
