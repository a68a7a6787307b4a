"""How every object is reached: one search over the whole heap, which many answers then read.

The search goes from its starting objects down, level by level, and remembers for each object by which reference it
first came there. A level is a step as the source reads (`pyhandles.graph.chains`), not a reference: an instance's
``__dict__`` is on the level of the instance. So the way back from any object is the shortest after folding. This is
the breadth-first search for lengths 0 and 1; each level is a handful of numpy operations on all of its references.

Cost: every reference is looked at once or twice, about 0.3 s on a heap of 1.6 million objects and 3 million references.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from pyhandles.graph.rows import rows_of_all

MAX_LEVELS = 2_000
"""So many levels are searched exactly. What lies deeper, in a linked list for the most part, is reached by the fewest
references instead, which costs no more than one search in C."""

NOT_REACHED = -1


class Forest:
    """Ways from starting objects to others. Every array has the shape (n_objects,).

    rows: int32, the reference by which an object was reached, `NOT_REACHED` for a starting object and for what was not
        reached. sources: int32, where that reference starts. ranks: uint8, what the way is worth, lower is better:
        of ways of one length the one with the lowest rank is taken, or the first that was found.
    """

    def __init__(self, starts: np.ndarray, targets: np.ndarray, is_short: np.ndarray, raises: np.ndarray) -> None:
        """``starts``, ``targets``: the references, as in `Snapshot`, or all of them turned round.

        is_short: references that are part of a step, shape (n_references,), bool.
        raises: the rank that a way has at least once it has passed a reference, shape (n_references,), uint8.
        """
        size = len(starts) - 1
        self._starts = starts
        self._targets = targets
        self._is_short = is_short
        self._raises = raises
        self.is_reached = np.zeros(size, dtype=bool)
        self.rows = np.full(size, NOT_REACHED, dtype=np.int32)
        self.sources = np.full(size, NOT_REACHED, dtype=np.int32)
        self.ranks = np.zeros(size, dtype=np.uint8)

    def grow(
        self,
        seeds: np.ndarray,
        is_followed: np.ndarray,
        ranks: np.ndarray | int = 0,
        *,
        is_end: np.ndarray | None = None,
    ) -> np.ndarray:
        """Reach what can be reached from the seeds by the references to follow and is not reached yet.

        seeds: indices. is_followed: shape (n_references,), bool. ranks: of the seeds. is_end: stop with the level of
        the nearest of these objects; shape (n_objects,), bool.
        Returns: those of these objects that are on that level; of those that lie deeper than levels are told, all that
        were reached; none if none was.
        """
        self.ranks[seeds] = np.where(self.is_reached[seeds], self.ranks[seeds], ranks)
        self.is_reached[seeds] = True
        level = seeds
        for _ in range(MAX_LEVELS):
            if not len(level):
                return level
            level, whole = self._advance(level, is_followed)
            if is_end is not None and is_end[whole].any():
                ends: np.ndarray = whole[is_end[whole]]
                return ends
        self._grow_deep(level, is_followed)
        return level[:0] if is_end is None else np.flatnonzero(self.is_reached & is_end)

    def _advance(self, level: np.ndarray, is_followed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Reach the next level, and what belongs to this one by short references.

        Returns: objects of the next level, and all of this one.
        """
        whole = [level]
        rows, sources = self._references(level, is_followed)
        is_short = self._is_short[rows]
        long_rows, long_sources = [rows[~is_short]], [sources[~is_short]]
        while is_short.any():
            more = self._reach(rows[is_short], sources[is_short])
            whole.append(more)
            rows, sources = self._references(more, is_followed)
            is_short = self._is_short[rows]
            long_rows.append(rows[~is_short])
            long_sources.append(sources[~is_short])
        return self._reach(np.concatenate(long_rows), np.concatenate(long_sources)), np.concatenate(whole)

    def _references(self, objects: np.ndarray, is_followed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, sources = rows_of_all(self._starts, objects)
        is_wanted = is_followed[rows]
        is_wanted &= ~self.is_reached[self._targets[rows]]
        return rows[is_wanted], sources[is_wanted]

    def _reach(self, rows: np.ndarray, sources: np.ndarray) -> np.ndarray:
        """Take the best of the references to each target: of the lowest rank, and the first of these."""
        is_new = ~self.is_reached[self._targets[rows]]
        rows, sources = rows[is_new], sources[is_new]
        ranks = np.maximum(self.ranks[sources], self._raises[rows])
        # Of several assignments to one target the last one stays.
        order = np.argsort(ranks, kind="stable")[::-1]
        targets = self._targets[rows[order]]
        self.rows[targets] = rows[order]
        self.sources[targets] = sources[order]
        self.ranks[targets] = ranks[order]
        self.is_reached[targets] = True
        # Each target once: there, where the reference that stayed is its own.
        targets = self._targets[rows]
        level: np.ndarray = targets[self.rows[targets] == rows].astype(np.int64)
        return level

    def _grow_deep(self, level: np.ndarray, is_followed: np.ndarray) -> None:
        """Reach the rest, by the fewest references."""
        size = len(self.is_reached)
        counts = np.diff(self._starts)
        sources = np.repeat(np.arange(size, dtype=np.int32), counts)
        rows = np.flatnonzero(is_followed & ~self.is_reached[self._targets])
        may_start = ~self.is_reached
        may_start[level] = True
        rows = rows[may_start[sources[rows]]]
        sources, targets = sources[rows], self._targets[rows].astype(np.int32)
        top = np.full(len(level), size, dtype=np.int32)
        edges = np.concatenate([sources, top]), np.concatenate([targets, level.astype(np.int32)])
        graph = csr_matrix((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(size + 1, size + 1))
        _, predecessors = breadth_first_order(graph, size, return_predecessors=True)
        # The first reference that leads where the search came from: assigned last.
        is_taken = (predecessors[targets] == sources) & ~self.is_reached[targets]
        taken = np.flatnonzero(is_taken)[::-1]
        self.rows[targets[taken]] = rows[taken]
        self.sources[targets[taken]] = sources[taken]
        self.is_reached[targets[taken]] = True
        self._rank_deep(targets[taken])

    def _rank_deep(self, reached: np.ndarray) -> None:
        """The highest rank on the way to each, by pointer doubling: a pass doubles how far up it has looked."""
        above = np.arange(len(self.ranks), dtype=np.int32)
        above[reached] = self.sources[reached]
        self.ranks[reached] = self._raises[self.rows[reached]]
        while True:
            ranks = np.maximum(self.ranks[reached], self.ranks[above[reached]])
            self.ranks[reached] = ranks
            higher = above[above[reached]]
            if np.array_equal(higher, above[reached]):
                return
            above[reached] = higher

    def way(self, index: int) -> list[tuple[int, int, int]]:
        """Source, row and target of the references from the starting object down to this one; none at the start."""
        way = []
        while (row := int(self.rows[index])) != NOT_REACHED:
            source = int(self.sources[index])
            way.append((source, row, index))
            index = source
        way.reverse()
        return way
