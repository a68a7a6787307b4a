"""A running function holds it in a variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.describe import call_site
from pyhandles.findings.wording import root_text, thread_name
from pyhandles.format import NOTHING, THREAD_CAPTURING, FrameKind
from pyhandles.graph.paths import RootRank

if TYPE_CHECKING:
    from pyhandles.findings.verdicts.case import Case
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Frame


@dataclass(frozen=True, slots=True)
class HeldByFrame:
    """path: empty if it is itself the frame. site: ``handle() at app.py:62``. innermost: where its thread is by now.

    thread: its name, or its number. innermost is None where that is ``site`` or the making of the snapshot.
    """

    root: str
    path: tuple[str, ...]
    site: str | None
    thread: str | None
    innermost: str | None


def held_by_frame(of: Case) -> HeldByFrame | None:
    path = of.kept and of.kept.path
    if not path or path.rank != RootRank.LOCAL:
        return None
    snapshot = of.snapshot
    frame = snapshot.frames.of(path.root)
    return HeldByFrame(
        root_text(snapshot, path.root, path.steps[0] if path.steps else None),
        of.way,
        call_site(snapshot, frame) if frame else None,
        thread_name(snapshot, frame) if frame else None,
        _innermost(snapshot, frame) if frame else None,
    )


def _innermost(snapshot: Snapshot, frame: Frame) -> str | None:
    if not frame.depth or _is_capturing(snapshot, frame):
        return None
    innermost = next(
        (
            other
            for other in snapshot.frames
            if other.thread == frame.thread and not other.depth and other.kind == FrameKind.RUNNING
        ),
        None,
    )
    return call_site(snapshot, innermost) if innermost else None


def _is_capturing(snapshot: Snapshot, frame: Frame) -> bool:
    """The innermost frames of the thread that made the snapshot are those of its making."""
    return frame.thread == NOTHING or bool(snapshot.threads[frame.thread].flags & THREAD_CAPTURING)
