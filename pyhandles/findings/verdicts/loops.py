"""Only an event loop keeps it, which watches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.holder import holder_besides
from pyhandles.findings.wording import root_text, thread_name
from pyhandles.graph.paths import RootRank
from pyhandles.graph.strength import LoopHandles

if TYPE_CHECKING:
    from pyhandles.findings.verdicts.case import Case


@dataclass(frozen=True, slots=True)
class HeldByLoop:
    """user: what the program has it in, which only the loop keeps, too: ``local variable reader of handle()``.

    thread: where the loop runs, None where that is not known.
    """

    root: str
    path: tuple[str, ...]
    thread: str | None
    user: str


def held_by_loop(of: Case) -> HeldByLoop | None:
    """Where the way leads through nothing of the user's, once it has come through what the loop is to call."""
    path = of.kept and of.kept.path
    if not of.kept or not path or path.rank == RootRank.NATIVE:
        return None
    is_called = of.snapshot.derive(LoopHandles).end_in(path.steps) > 0
    user = holder_besides(of.snapshot, of.kept) if is_called else None
    if user is None:
        return None
    frame = of.snapshot.frames.of(path.root)
    return HeldByLoop(
        root_text(of.snapshot, path.root, path.steps[0]),
        of.way,
        thread_name(of.snapshot, frame) if frame else None,
        user,
    )
