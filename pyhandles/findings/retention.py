"""How an object is kept alive: by a path from a root, or by a loop that no root reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.graph.cycles import Loop, loop_that_keeps
from pyhandles.graph.paths import Path, shortest_path
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Retention:
    """path: from a root down to the object; None for garbage. loop: for garbage, the nearest at or above it."""

    is_garbage: bool
    path: Path | None
    loop: Loop | None


def retention(snapshot: Snapshot, index: int, *, raw: bool = False) -> Retention:
    """Say how the object at ``index`` is kept alive; ``raw``: object by object, nothing folded."""
    known = snapshot.derive(_Known)
    if (index, raw) not in known:
        known[index, raw] = _find(snapshot, index, raw=raw)
    return known[index, raw]


class _Known(dict[tuple[int, bool], Retention]):
    """What was found before, by index and whether raw."""

    def __init__(self, _: Snapshot) -> None:
        super().__init__()


def _find(snapshot: Snapshot, index: int, *, raw: bool) -> Retention:
    if snapshot.derive(Roots).is_garbage(index):
        return Retention(is_garbage=True, path=None, loop=loop_that_keeps(snapshot, index, raw=raw))
    return Retention(is_garbage=False, path=shortest_path(snapshot, index, raw=raw), loop=None)
