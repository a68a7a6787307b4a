"""Cycles: which objects keep each other alive, and one concrete loop through them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from pyhandles.graph.folding import Folding, Reference
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import Strength, Strengths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyhandles.snapshot import Snapshot

MAX_VISITED = 50_000
"""So many objects are looked at before the search for a loop gives up."""


class GarbageCycles:
    """Strongly connected components among garbage, where every reference counts. Linear time."""

    def __init__(self, snapshot: Snapshot) -> None:
        garbage = np.flatnonzero(~snapshot.derive(Roots).reachable)
        place = np.full(snapshot.n_objects, -1, dtype=np.int32)
        place[garbage] = np.arange(len(garbage), dtype=np.int32)
        counts = np.diff(snapshot.starts)[garbage]
        sources = np.repeat(garbage, counts)
        rows = _rows_of_all(snapshot.starts[garbage], counts)
        targets = snapshot.targets[rows]
        is_followed = (place[targets] >= 0) & (snapshot.derive(Strengths).of_rows[rows] <= Strength.BACKGROUND)
        sources, targets = sources[is_followed], targets[is_followed]
        edges = (np.ones(len(sources), dtype=np.int8), (place[sources], place[targets]))
        graph = csr_matrix(edges, shape=(len(garbage), len(garbage)))
        _, components = connected_components(graph, directed=True, connection="strong")
        in_loop = np.bincount(components, minlength=1)[components] > 1
        in_loop[place[sources[sources == targets]]] = True
        self._in_loop = frozenset(garbage[in_loop].tolist())
        self._component: dict[int, int] = dict(zip(garbage.tolist(), components.tolist(), strict=True))

    def holds(self, index: int) -> bool:
        """Whether the object stands in a cycle that is garbage."""
        return index in self._in_loop

    def together(self, one: int, other: int) -> bool:
        """Whether two objects stand in one component."""
        return self._component.get(one, -1) == self._component.get(other, -2)


def _rows_of_all(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """All rows of objects whose rows begin at ``starts`` and are so many."""
    total = int(counts.sum())
    offsets = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    rows: np.ndarray = np.repeat(starts, counts) + offsets
    return rows


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop, and how it holds an object.

    steps: each one's target is the next one's source, the last one's the first one's source.
    down: from the first step's source down to the object; none if it stands in the loop itself.
    """

    steps: tuple[Reference, ...]
    down: tuple[Reference, ...]


def loop_that_keeps(snapshot: Snapshot, target: int, *, raw: bool = False) -> Loop | None:
    """The nearest loop at or above a garbage object. None if the object is no garbage, or nothing keeps it.

    raw: object by object, nothing folded.
    """
    if not snapshot.derive(Roots).is_garbage(target):
        return None
    cycles = snapshot.derive(GarbageCycles)
    for background in (False, True):
        folding = Folding(snapshot, raw=raw, background=background)
        above: dict[int, Reference] = {}
        for index in _upwards(folding, target, above):
            if cycles.holds(index):
                steps = shortest_loop(folding, index, partial(cycles.together, index))
                if steps:
                    return Loop(steps, _down(index, target, above))
    return None


def _upwards(folding: Folding, start: int, above: dict[int, Reference]) -> Iterator[int]:
    """The object and those above it, nearest first; ``above`` learns of each by which reference it was found."""
    order = [start]
    for index in islice(order, MAX_VISITED):
        yield index
        for reference in islice(folding.referrers(index), MAX_VISITED):
            if reference.source != start and reference.source not in above:
                above[reference.source] = reference
                order.append(reference.source)


def _down(top: int, target: int, above: dict[int, Reference]) -> tuple[Reference, ...]:
    down = []
    while top != target:
        down.append(above[top])
        top = above[top].target
    return tuple(down)


def shortest_loop(folding: Folding, start: int, may_pass: Callable[[int], bool]) -> tuple[Reference, ...]:
    """The shortest loop through ``start`` over objects that ``may_pass``, beginning with a reference of ``start``."""
    steps: dict[int, Reference] = {}
    level = [start]
    while level and len(steps) < MAX_VISITED:
        above = []
        for index in level:
            for reference in folding.referrers(index):
                if reference.source == start:
                    return _follow(reference, start, steps)
                if reference.source not in steps and may_pass(reference.source):
                    steps[reference.source] = reference
                    above.append(reference.source)
        level = above
    return ()


def _follow(first: Reference, start: int, steps: dict[int, Reference]) -> tuple[Reference, ...]:
    loop = [first]
    while loop[-1].target != start:
        loop.append(steps[loop[-1].target])
    return tuple(loop)
