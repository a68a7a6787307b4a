"""What lies above some objects: the part of the heap that decides what keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pyhandles.graph.adjacency import Adjacency
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import Strength, Strengths

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


class Closure(NamedTuple):
    """objects: indices, each once. rows, sources, targets: the references among them, as indices."""

    objects: np.ndarray
    rows: np.ndarray
    sources: np.ndarray
    targets: np.ndarray


class Rooted:
    """Objects that stay alive whichever reference to data is cut. Take it with ``snapshot.derive(Rooted)``.

    is_rooted: shape (n_objects,), bool. The roots with a name, what is never freed, what native code or an evaluation
    stack holds, and what a live object refers to as to its class or its module.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        roots = snapshot.derive(Roots)
        self.is_rooted = (roots.unexplained > 0) | roots.immortal
        self.is_rooted[list(roots.table)] = True
        rows = np.flatnonzero(snapshot.derive(Strengths).of_rows == Strength.BACKGROUND)
        sources = np.searchsorted(snapshot.starts, rows, side="right") - 1
        self.is_rooted[snapshot.targets[rows[roots.reachable[sources]]]] = True


def closure_above(snapshot: Snapshot, objects: np.ndarray, *, of_garbage: bool = False) -> Closure:
    """All that reaches the objects by references to data, up to what is rooted: nothing above that matters.

    Garbage is left out. of_garbage: of objects that are garbage, all the garbage that reaches them, by any reference.
    """
    adjacency = snapshot.derive(Adjacency)
    is_rooted = snapshot.derive(Rooted).is_rooted
    is_followed = snapshot.derive(Strengths).of_rows <= (Strength.BACKGROUND if of_garbage else Strength.DATA)
    is_inside = snapshot.derive(Roots).reachable ^ of_garbage
    seen = np.zeros(snapshot.n_objects, dtype=bool)
    level = np.unique(objects)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    while len(level):
        seen[level] = True
        found, targets = adjacency.incoming_of_all(level[~is_rooted[level]])
        is_wanted = is_followed[found.rows] & is_inside[found.sources]
        parts.append((found.rows[is_wanted], found.sources[is_wanted], targets[is_wanted]))
        level = np.unique(found.sources[is_wanted])
        level = level[~seen[level]]
    rows, sources, targets = (np.concatenate(part) for part in zip(*parts, strict=True)) if parts else [level] * 3
    return Closure(np.flatnonzero(seen), rows, sources, targets)
