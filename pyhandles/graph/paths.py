"""The shortest retention path: from a root down to an object.

One search over the whole heap (`pyhandles.graph.forest`) finds it for all objects. Where several roots are equally
near, the one that tells most is taken: a module's globals before a frame's variables before a class's attributes before
the interpreter's internals. What an event loop is to call is on a path only where there is no way without it: the loop
knows each connection, wanted or not, and does not tell whose it is. The same goes, after that, for references to types
and from functions to their modules. Objects that native code holds are starts only for what no root with a name
reaches, because a reference that pyhandles cannot name explains less than any that it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import LABEL_KIND_SHIFT, LabelKind, RootKind
from pyhandles.graph.chains import Chains
from pyhandles.graph.forest import Forest
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import FieldLabels, LoopHandles, Strength, Strengths

if TYPE_CHECKING:
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot


class RootRank(IntEnum):
    """Lower is preferred."""

    GLOBAL = 0
    LOCAL = 1
    CLASS = 2
    INTERPRETER = 3
    NATIVE = 4


@dataclass(frozen=True, slots=True)
class Path:
    """``steps`` lead from ``root`` down to the object; none if the object is a root itself."""

    root: int
    rank: RootRank
    steps: tuple[Reference, ...]


def shortest_path(snapshot: Snapshot, target: int, *, raw: bool = False) -> Path | None:
    """The shortest path from a root to ``target``, or None if no root reaches it. ``raw``: fold nothing."""
    return snapshot.derive(_RawPaths if raw else Paths).to(target)


class Paths:
    """The shortest paths of one snapshot. Take it with ``snapshot.derive(Paths)``."""

    is_raw = False

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._chains = snapshot.derive(Chains)
        is_short = np.zeros(snapshot.n_references, dtype=bool) if self.is_raw else self._chains.is_short
        self._forest = Forest(snapshot.starts, snapshot.targets, is_short, snapshot.derive(class_attributes))
        self._grow()

    def _grow(self) -> None:
        roots = self._snapshot.derive(Roots)
        forest = self._forest
        is_data, is_called, is_any = self._snapshot.derive(followed)
        named, ranks = self._snapshot.derive(named_roots)
        forest.grow(named, is_data, ranks)
        handles = self._snapshot.derive(LoopHandles).objects
        forest.grow(handles[forest.is_reached[handles]], is_called)
        forest.grow(np.flatnonzero(forest.is_reached), is_any)
        for held in (roots.native_ends, roots.reachable):
            seeds = np.flatnonzero(held & ~forest.is_reached)
            forest.grow(seeds, is_data, RootRank.NATIVE)
            forest.grow(seeds, is_any)

    def to(self, target: int) -> Path | None:
        """The shortest path to an object, or None if no root reaches it."""
        if not self._forest.is_reached[target]:
            return None
        way = self._forest.way(target)
        root = way[0][0] if way else target
        steps = self._chains.steps(way, raw=self.is_raw)
        return Path(root, RootRank(int(self._forest.ranks[target])), steps)


class _RawPaths(Paths):
    """Object by object, nothing folded."""

    is_raw = True


_RANKS = {RootKind.MODULE: RootRank.GLOBAL, RootKind.FRAME: RootRank.LOCAL}


def named_roots(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the roots that the snapshot names, and the rank of each."""
    table = snapshot.derive(Roots).table
    ranks = [_RANKS.get(RootKind(root.kind), RootRank.INTERPRETER) for root in table.values()]
    return np.array(list(table), dtype=np.int64), np.array(ranks, dtype=np.uint8)


def followed(snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which references may be on a path: those to data, then what event loops are to call, then the background as well.

    A guess counts where something is unexplained. Each of shape (n_references,), bool.
    """
    strengths = snapshot.derive(Strengths).of_rows
    is_guess = strengths == Strength.GUESS
    is_guess &= snapshot.derive(Roots).unexplained[snapshot.targets] > 0
    is_called = (strengths == Strength.DATA) | is_guess
    is_data = is_called.copy()
    is_data[snapshot.derive(LoopHandles).rows] = False
    return is_data, is_called, is_called | (strengths == Strength.BACKGROUND)


def class_attributes(snapshot: Snapshot) -> np.ndarray:
    """`RootRank.CLASS` for each reference that is a class's attribute, else 0. Shape (n_references,), uint8."""
    is_class = np.zeros(snapshot.n_objects, dtype=bool)
    is_class[[record.object for record in snapshot.type_records]] = True
    to_dicts = np.flatnonzero(snapshot.labels == snapshot.derive(FieldLabels).dict)
    is_class[snapshot.targets[to_dicts[is_class[_sources(snapshot, to_dicts)]]]] = True
    attributes = np.flatnonzero(snapshot.labels >> LABEL_KIND_SHIFT == LabelKind.ATTRIBUTE)
    ranks = np.zeros(snapshot.n_references, dtype=np.uint8)
    ranks[attributes[is_class[_sources(snapshot, attributes)]]] = RootRank.CLASS
    return ranks


def _sources(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray:
    sources: np.ndarray = np.searchsorted(snapshot.starts, rows, side="right") - 1
    return sources
