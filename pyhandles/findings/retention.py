"""How an object is kept alive: by a path from a root, or by a loop that no root reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.graph.cycles import Loop, loops_that_keep
from pyhandles.graph.paths import Path, shortest_path
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        # Thousands of handles may be garbage, and what keeps all of them is found as fast as what keeps one.
        others = [owner.object for owner in snapshot.owners] if snapshot.owners.of(index) and not raw else []
        known |= _find(snapshot, list({index, *others}), raw=raw)
    return known[index, raw]


class _Known(dict[tuple[int, bool], Retention]):
    """What was found before, by index and whether raw."""

    def __init__(self, _: Snapshot) -> None:
        super().__init__()


def _find(snapshot: Snapshot, indices: Sequence[int], *, raw: bool) -> dict[tuple[int, bool], Retention]:
    roots = snapshot.derive(Roots)
    garbage = [index for index in indices if roots.is_garbage(index)]
    loops = dict(zip(garbage, loops_that_keep(snapshot, garbage, raw=raw), strict=True)) if garbage else {}
    return {
        (index, raw): Retention(is_garbage=True, path=None, loop=loops[index])
        if index in loops
        else Retention(is_garbage=False, path=shortest_path(snapshot, index, raw=raw), loop=None)
        for index in indices
    }
