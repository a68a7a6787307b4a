"""Loops among garbage: which references keep each other alive when no root does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from pyhandles.graph.chains import Chains
from pyhandles.graph.circles import circles
from pyhandles.graph.forest import Forest
from pyhandles.graph.roots import Roots
from pyhandles.graph.rows import rows_of_all
from pyhandles.graph.strength import Strength, Strengths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.graph.circles import Way
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

MAX_SEEN = 300
"""A search for an object's own shortest loop gives up when it has seen so many objects."""

OUTSIDE = -1


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
    return loops_that_keep(snapshot, [target], raw=raw)[0]


def loops_that_keep(snapshot: Snapshot, targets: Sequence[int], *, raw: bool = False) -> list[Loop | None]:
    """`loop_that_keeps` for many objects; what they have in common is searched once.

    Loops made of data are preferred to those that pass through classes and modules. An object of a small cycle gets
    the shortest loop through it. In a large one the search for that would cost too much: there one loop, through the
    object that most others refer to, stands for all, and the way down from it is each object's own.
    """
    loops = dict.fromkeys(targets)
    for by_data in (True, False):
        loops |= snapshot.derive(_LOOPS[raw, by_data]).loops([each for each in loops if loops[each] is None])
    return [loops[target] for target in targets]


class Loops:
    """Loops among the garbage of one snapshot."""

    is_raw = False
    by_data = True

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._chains = snapshot.derive(Chains)
        self._is_short = np.zeros(snapshot.n_references, dtype=bool) if self.is_raw else self._chains.is_short
        self._is_followed = self._follow()
        self._component, self._rows, self._sources = self._cyclic(self._population())

    def _population(self) -> np.ndarray:
        """The objects among which loops are looked for. Shape (n_objects,), bool."""
        return ~self._snapshot.derive(Roots).reachable

    def _follow(self) -> np.ndarray:
        """The references that make loops. Shape (n_references,), bool."""
        strengths = self._snapshot.derive(Strengths).of_rows
        is_followed: np.ndarray = strengths <= (Strength.DATA if self.by_data else Strength.BACKGROUND)
        return is_followed

    def _cyclic(self, is_inside: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The number of each object's component, `OUTSIDE` for what is in no cycle; and the references in cycles."""
        snapshot = self._snapshot
        objects = np.flatnonzero(is_inside)
        rows, sources = rows_of_all(snapshot.starts, objects)
        is_wanted = self._is_followed[rows] & is_inside[snapshot.targets[rows]]
        rows, sources = _without_ends(snapshot.targets, rows[is_wanted], sources[is_wanted], snapshot.n_objects)
        targets = snapshot.targets[rows]
        is_end = np.zeros(snapshot.n_objects, dtype=bool)
        is_end[sources] = is_end[targets] = True
        objects = np.flatnonzero(is_end)
        place = np.zeros(snapshot.n_objects, dtype=np.int32)
        place[objects] = np.arange(len(objects))
        edges = (np.ones(len(rows), dtype=np.int8), (place[sources], place[targets]))
        _, numbers = connected_components(
            csr_matrix(edges, shape=(len(objects), len(objects))), directed=True, connection="strong"
        )
        is_cyclic = np.bincount(numbers, minlength=1)[numbers] > 1
        is_cyclic[place[sources[sources == targets]]] = True
        component = np.full(snapshot.n_objects, OUTSIDE, dtype=np.int32)
        component[objects] = np.where(is_cyclic, numbers, OUTSIDE)
        inside = (component[sources] != OUTSIDE) & (component[sources] == component[targets])
        return component, rows[inside], sources[inside]

    @cached_property
    def _tops(self) -> np.ndarray:
        """The objects of cycles that a programmer would name: no dict of an instance, cell, or bound method.

        Shape (n_objects,), bool. Where a cycle has no others, these.
        """
        is_cyclic = self._component != OUTSIDE
        is_top = is_cyclic.copy()
        is_part = self._is_short[self._rows]
        rows, sources = self._rows[is_part], self._sources[is_part]
        leads = self._chains.leads(rows)
        is_top[self._snapshot.targets[rows[leads]]] = False
        is_top[sources[~leads]] = False
        has_top = np.zeros(int(self._component.max(initial=0)) + 1, dtype=bool)
        has_top[self._component[is_top]] = True
        tops: np.ndarray = is_top | (is_cyclic & ~has_top[self._component])
        return tops

    @cached_property
    def _below(self) -> Forest:
        """From the cycles down to all that they keep."""
        return self._forest(np.flatnonzero(self._tops), self._is_followed)

    def _forest(self, seeds: np.ndarray, is_followed: np.ndarray) -> Forest:
        snapshot = self._snapshot
        no_ranks = np.zeros(snapshot.n_references, dtype=np.uint8)
        forest = Forest(snapshot.starts, snapshot.targets, self._is_short, no_ranks)
        forest.grow(seeds, is_followed)
        return forest

    def loops(self, targets: Sequence[int]) -> dict[int, Loop | None]:
        """The loop that keeps each of the targets; None where there is none."""
        if not len(self._rows):
            return dict.fromkeys(targets)
        reachable = self._snapshot.derive(Roots).reachable
        ways = {each: self._below.way(each) for each in targets if self._below.is_reached[each] and not reachable[each]}
        tops = {each: way[0][0] if way else each for each, way in ways.items()}
        circle_of = self._circles(sorted(set(tops.values())))
        found: dict[int, Loop | None] = dict.fromkeys(targets)
        for each, way in ways.items():
            circle = circle_of[tops[each]]
            if circle is not None:
                around, down = circle
                found[each] = Loop(self._steps(around), self._steps(down + way))
        return found

    def _steps(self, way: Way) -> tuple[Reference, ...]:
        return self._chains.steps(way, raw=self.is_raw)

    def _circles(self, tops: Sequence[int]) -> dict[int, tuple[Way, Way] | None]:
        """For each of the objects of cycles, a way around and the way from its start down to the object."""
        found = dict(zip(tops, self._search(tops, MAX_SEEN), strict=True))
        own: dict[int, tuple[Way, Way] | None] = {top: (way, []) for top, way in found.items() if way is not None}
        return own | self._large([top for top, way in found.items() if way is None])

    def _search(self, starts: Sequence[int], most: int | None) -> list[Way | None]:
        return circles(self._snapshot, starts, self._is_followed, self._is_short, self._component, most=most)

    def _large(self, tops: Sequence[int]) -> dict[int, tuple[Way, Way] | None]:
        """As `_circles`, where each cycle has one way around for all its objects."""
        if not tops:
            return {}
        numbers = np.unique(self._component[list(tops)])
        around = [way for way in self._search([self._hub(number) for number in numbers.tolist()], None) if way]
        turns = {source: way[at:] + way[:at] for way in around for at, (source, _, _) in enumerate(way)}
        inside = np.zeros(self._snapshot.n_references, dtype=bool)
        inside[self._rows] = True
        starts = np.array([source for source in turns if self._tops[source]], dtype=np.int64)
        forest = self._forest(starts, inside)
        answer: dict[int, tuple[Way, Way] | None] = dict.fromkeys(tops)
        for top in tops:
            if forest.is_reached[top]:
                down = forest.way(top)
                answer[top] = turns[down[0][0] if down else top], down
        return answer

    def _hub(self, number: int) -> int:
        """The object of a cycle that most of its references lead to."""
        inside = self._rows[self._component[self._sources] == number]
        targets = self._snapshot.targets[inside]
        targets = targets[self._tops[targets]]
        return int(np.bincount(targets).argmax())


class _RawLoops(Loops):
    is_raw = True


class _AnyLoops(Loops):
    by_data = False


class _RawAnyLoops(_RawLoops, _AnyLoops):
    pass


_LOOPS: dict[tuple[bool, bool], type[Loops]] = {
    (False, True): Loops,
    (False, False): _AnyLoops,
    (True, True): _RawLoops,
    (True, False): _RawAnyLoops,
}
"""By whether raw, and whether by data alone."""


def _without_ends(
    all_targets: np.ndarray, rows: np.ndarray, sources: np.ndarray, n_objects: int
) -> tuple[np.ndarray, np.ndarray]:
    """Leaves out, while that is worth a pass, references from what nothing refers to and to what refers to nothing.

    They are in no cycle, and most of a heap is such.
    """
    while True:
        targets = all_targets[rows]
        is_target, is_source = np.zeros((2, n_objects), dtype=bool)
        is_target[targets] = True
        is_source[sources] = True
        is_left = is_target[sources] & is_source[targets]
        left = int(np.count_nonzero(is_left))
        is_worth_it = left < len(rows) * 0.9
        rows, sources = rows[is_left], sources[is_left]
        if not is_worth_it:
            return rows, sources
