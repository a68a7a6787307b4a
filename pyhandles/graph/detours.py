"""The shortest paths that avoid some references, and the next shortest ones.

`pyhandles.graph.paths` searches from the roots down, once, for every object. A search that avoids something serves one
object and one question, so it goes the other way: up from the object, by the same search on the references turned
round, until the nearest level with a root. It costs what lies above the object up to there, as a rule next to nothing.

The next paths, in the order of their length, are found by the method of Lawler (Management Science 18, 1972) without
fixed beginnings: another path differs from one that is known in at least one of its references, so it is the shortest
of those that avoid one of them, each of which one search finds. With a reference those like it are avoided: the other
items of its list, the same attribute of other objects of its type. Of 5,000 workers in a list that share an object, one
path tells all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import LABEL_KIND_SHIFT, LabelKind
from pyhandles.graph.adjacency import Adjacency
from pyhandles.graph.chains import Chains
from pyhandles.graph.forest import Forest
from pyhandles.graph.owners import Owners
from pyhandles.graph.paths import Path, RootRank, class_attributes, followed, named_roots
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.snapshot import Snapshot

_FIELDS = (LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER)
_ITEMS = (
    *(LabelKind.ITEM, LabelKind.MEMBER_ITEM, LabelKind.SET_ITEM),
    *(LabelKind.VALUE_NAME, LabelKind.VALUE_INT, LabelKind.VALUE_HASH, LabelKind.VALUE_TYPE),
)

MAX_BRANCHES = 16
"""Of a longer path only so many references, half of them at either end, are avoided in turn for the next paths."""


class Detours:
    """Searches upwards. Take it with ``snapshot.derive(Detours)``.

    Costs 6 bytes a reference and about 20 ms a million references, beside what `Adjacency` costs.
    """

    is_raw = False

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._chains = snapshot.derive(Chains)
        adjacency = snapshot.derive(Adjacency)
        self._starts, self._sources, self._rows = adjacency.starts, adjacency.sources, adjacency.rows
        self._position = np.empty_like(self._rows)
        self._position[self._rows] = np.arange(len(self._rows), dtype=np.int32)
        is_short = np.zeros(len(self._rows), dtype=bool) if self.is_raw else self._chains.is_short[self._rows]
        self._is_short = is_short
        self._raises = snapshot.derive(class_attributes)[self._rows]
        self._followed = [is_followed[self._rows] for is_followed in snapshot.derive(followed)]
        self._named = self._named_ends()

    def _named_ends(self) -> tuple[np.ndarray, np.ndarray]:
        size = self._snapshot.n_objects
        is_end = np.zeros(size, dtype=bool)
        ranks = np.full(size, RootRank.NATIVE, dtype=np.uint8)
        named, ranks_of_named = self._snapshot.derive(named_roots)
        is_end[named] = True
        ranks[named] = ranks_of_named
        return is_end, ranks

    def to(self, target: int, avoided: np.ndarray) -> Path | None:
        """The shortest path to ``target`` by none of the references at ``avoided``, or None.

        By what an event loop is to call it goes only where there is no way without; and so, after that, to types and
        from functions to their modules, and to an object that native code holds.
        """
        is_named, ranks = self._named
        for is_end in (is_named, self._snapshot.derive(Roots).native_ends):
            for is_followed in self._followed:
                path = self._search(target, avoided, is_followed, is_end, ranks)
                if path is not None:
                    return path
        return None

    def _search(
        self, target: int, avoided: np.ndarray, is_followed: np.ndarray, is_end: np.ndarray, ranks: np.ndarray
    ) -> Path | None:
        allowed = is_followed.copy()
        allowed[self._position[avoided]] = False
        forest = Forest(self._starts, self._sources, self._is_short, self._raises)
        ends = forest.grow(np.array([target]), allowed, is_end=is_end)
        if not len(ends):
            return None
        worth = np.maximum(forest.ranks[ends], ranks[ends])
        end = int(ends[np.argmin(worth)])
        steps = self._chains.steps(self._downwards(forest, end), raw=self.is_raw)
        return Path(end, RootRank(int(worth.min())), steps)

    def _downwards(self, forest: Forest, end: int) -> list[tuple[int, int, int]]:
        """The way from an end down to the object at which the search began."""
        upwards = forest.way(end)
        return [(above, int(self._rows[position]), below) for below, position, above in reversed(upwards)]

    def next(self, first: Path, target: int, avoided: np.ndarray) -> Iterator[Path]:
        """Paths from the first on, in the order of their length, each with a reference that is like none of another.

        first: the shortest that avoids the references at ``avoided``.
        Cost: a search for each reference of each path that was given before.
        """
        known = {_rows_of(first)}
        candidates = [_Candidate(first, avoided)]
        while candidates:
            best = min(candidates, key=lambda each: (len(each.path.steps), each.path.rank))
            candidates.remove(best)
            yield best.path
            for row in _branches(best.path):
                without = np.append(best.avoided, self._like(row))
                path = self.to(target, without)
                if path is not None and _rows_of(path) not in known:
                    known.add(_rows_of(path))
                    candidates.append(_Candidate(path, without))

    def _like(self, row: int) -> np.ndarray:
        """The rows of the references that are like the one at ``row``, itself among them."""
        snapshot = self._snapshot
        label = int(snapshot.labels[row])
        kind = label >> LABEL_KIND_SHIFT
        if kind in _ITEMS:
            source = int(np.searchsorted(snapshot.starts, row, side="right")) - 1
            rows = np.arange(*snapshot.starts[source : source + 2])
            items: np.ndarray = rows[np.isin(snapshot.labels[rows] >> LABEL_KIND_SHIFT, _ITEMS)]
            return items
        if kind in _FIELDS:
            owners = snapshot.derive(Owners)
            rows = np.flatnonzero(snapshot.labels == label)
            types = snapshot.types[owners.of(rows)]
            fields: np.ndarray = rows[types == types[np.searchsorted(rows, row)]]
            return fields
        return np.array([row])


class RawDetours(Detours):
    """Object by object, nothing folded."""

    is_raw = True


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    path: Path
    avoided: np.ndarray


def _rows_of(path: Path) -> tuple[int, ...]:
    return tuple(step.row for step in path.steps)


def _branches(path: Path) -> tuple[int, ...]:
    rows = _rows_of(path)
    half = MAX_BRANCHES // 2
    return rows if len(rows) <= MAX_BRANCHES else rows[:half] + rows[-half:]
