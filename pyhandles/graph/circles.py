"""Shortest loops through many objects at once.

Each object has a search of its own, breadth first along the references, until it comes back to where it began. All the
searches go on together: a state is an object as one search sees it, and a level of all searches is a handful of numpy
operations. As in `pyhandles.graph.forest` a level is a step as the source reads, not a reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.graph.rows import rows_of_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot

Way = list[tuple[int, int, int]]
"""Source, row and target of references that lead on."""


def circles(
    snapshot: Snapshot,
    starts: Sequence[int],
    is_followed: np.ndarray,
    is_short: np.ndarray,
    component: np.ndarray,
    *,
    most: int | None,
) -> list[Way | None]:
    """For each of the starting objects, the shortest way along its component and back to itself.

    is_followed, is_short: shape (n_references,), bool. component: shape (n_objects,), int32; no search leaves that of
    its start. most: a search that has seen more objects gives up, so that its cost stays bounded: None for it, as
    where there is no way.
    """
    return _Circles(snapshot, starts, is_followed, is_short, component).search(most)


class _Circles:
    def __init__(
        self,
        snapshot: Snapshot,
        starts: Sequence[int],
        is_followed: np.ndarray,
        is_short: np.ndarray,
        component: np.ndarray,
    ) -> None:
        self._snapshot = snapshot
        self._is_followed = is_followed
        self._is_short = is_short
        self._component = component
        count = len(starts)
        self._begins = np.array(starts, dtype=np.int64)
        self._is_open = np.ones(count, dtype=bool)
        self._closing: dict[int, tuple[int, int]] = {}
        """By search: the state and the row by which it came back."""
        # States; the first ones are the starts.
        self._objects = self._begins
        self._searches = np.arange(count)
        self._above = np.full(count, -1)
        self._rows = np.full(count, -1)
        self._seen = np.sort(self._keys(self._searches, self._objects))

    def search(self, most: int | None) -> list[Way | None]:
        level = np.arange(len(self._begins))
        while len(level):
            level = self._advance(level)
            if most is not None:
                sizes = np.bincount(self._searches, minlength=len(self._begins))
                self._is_open &= sizes <= most
            level = level[self._is_open[self._searches[level]]]
        return [self._way(search) for search in range(len(self._begins))]

    def _advance(self, level: np.ndarray) -> np.ndarray:
        """See the next level, and what belongs to this one by short references. Returns the next level's states."""
        later: list[tuple[np.ndarray, np.ndarray]] = []
        while len(level):
            rows, states = self._references(level)
            is_short = self._is_short[rows]
            later.append((rows[~is_short], states[~is_short]))
            level = self._see(rows[is_short], states[is_short])
        return self._see(*(np.concatenate(parts) for parts in zip(*later, strict=True)))

    def _references(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, places = rows_of_all(self._snapshot.starts, self._objects[states], np.arange(len(states)))
        states = states[places]
        component = self._component
        is_wanted = self._is_followed[rows]
        is_wanted &= component[self._snapshot.targets[rows]] == component[self._objects[states]]
        return rows[is_wanted], states[is_wanted]

    def _see(self, rows: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Note who has come back, and make states of what is new to its search. Returns the new states."""
        searches, targets = self._searches[states], self._snapshot.targets[rows].astype(np.int64)
        back = targets == self._begins[searches]
        for row, state, search in zip(rows[back].tolist(), states[back].tolist(), searches[back].tolist(), strict=True):
            self._closing.setdefault(search, (state, row))
            self._is_open[search] = False
        keys = self._keys(searches, targets)
        is_new = self._is_open[searches] & ~_is_in(self._seen, keys)
        new = np.flatnonzero(is_new)
        _, first = np.unique(keys[new], return_index=True)
        new = new[np.sort(first)]
        count = len(self._objects)
        self._objects = np.concatenate([self._objects, targets[new]])
        self._searches = np.concatenate([self._searches, searches[new]])
        self._above = np.concatenate([self._above, states[new]])
        self._rows = np.concatenate([self._rows, rows[new]])
        self._seen = np.sort(np.concatenate([self._seen, keys[new]]))
        return np.arange(count, len(self._objects))

    def _keys(self, searches: np.ndarray, objects: np.ndarray) -> np.ndarray:
        keys: np.ndarray = searches.astype(np.int64) * self._snapshot.n_objects + objects
        return keys

    def _way(self, search: int) -> Way | None:
        if search not in self._closing:
            return None
        state, row = self._closing[search]
        way = [(int(self._objects[state]), row, int(self._begins[search]))]
        while (row := int(self._rows[state])) >= 0:
            target, state = int(self._objects[state]), int(self._above[state])
            way.append((int(self._objects[state]), row, target))
        way.reverse()
        return way


def _is_in(ordered: np.ndarray, keys: np.ndarray) -> np.ndarray:
    places = np.searchsorted(ordered, keys)
    places[places == len(ordered)] = 0
    is_in: np.ndarray = ordered[places] == keys
    return is_in
