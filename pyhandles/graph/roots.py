"""Where reachability starts, and what it reaches: garbage found as the collector finds it.

CPython's collector (``Modules/gcmodule.c``, ``subtract_refs``) subtracts from each object's reference count the
references that other objects report. What is left over, the residue, is held from outside: a frame's evaluation
stack, the interpreter, native code. What nothing with a residue reaches is garbage.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, SATURATED, LabelKind, ObjectFlag

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Root


class Roots:
    """Roots and reachability of one snapshot. Costs about 60 ms a million references."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.table: dict[int, Root] = {}
        """The roots that the snapshot names: modules, running frames, the interpreter's and the threads' state."""
        for root in snapshot.roots:
            self.table.setdefault(root.object, root)

    @cached_property
    def _label_kinds(self) -> np.ndarray:
        kinds: np.ndarray = self._snapshot.labels >> LABEL_KIND_SHIFT
        return kinds.astype(np.uint8)

    @cached_property
    def _is_uncounted(self) -> np.ndarray:
        bits: np.ndarray = self._snapshot.labels & LABEL_UNCOUNTED
        return bits.astype(bool)

    @cached_property
    def _is_certain(self) -> np.ndarray:
        """References that keep their target alive, for all that is known: neither weak nor a guess."""
        kinds = self._label_kinds
        is_certain: np.ndarray = (kinds != LabelKind.WEAK) & (kinds != LabelKind.STACK_CANDIDATE)
        return is_certain

    @cached_property
    def immortal(self) -> np.ndarray:
        """Objects that are never freed: their references are not counted. Shape (n_objects,), bool."""
        snapshot = self._snapshot
        is_immortal: np.ndarray = ((snapshot.flags & ObjectFlag.IMMORTAL) != 0) | (snapshot.refcounts == SATURATED)
        return is_immortal

    @cached_property
    def residue(self) -> np.ndarray:
        """References to each object that no traversed object accounts for; 0 for immortal ones.

        Below 0 where a type reports references that it does not own. Shape (n_objects,), int64.
        """
        snapshot = self._snapshot
        is_counted = self._is_certain & ~self._is_uncounted
        is_deferred = (snapshot.flags & ObjectFlag.DEFERRED) != 0
        if is_deferred.any():
            is_counted &= ~np.repeat(is_deferred, np.diff(snapshot.starts))
        residue: np.ndarray = snapshot.refcounts.astype(np.int64) - self._count(is_counted)
        residue[self.immortal] = 0
        return residue

    @cached_property
    def unexplained(self) -> np.ndarray:
        """What is left of the residue beside what frames and named roots hold.

        Shape (n_objects,), int64, never below 0.
        """
        explained = self._count(self._is_certain & self._is_uncounted)
        named = self._snapshot.tables["roots"]["object"]
        explained += np.bincount(named, minlength=len(explained))
        unexplained: np.ndarray = np.maximum(self.residue - explained, 0)
        return unexplained

    @cached_property
    def _guesses(self) -> np.ndarray:
        """How many words of evaluation stacks may be references to each object. Shape (n_objects,), int64."""
        return self._count(self._label_kinds == LabelKind.STACK_CANDIDATE)

    def _count(self, is_wanted: np.ndarray) -> np.ndarray:
        """How many of the wanted references lead to each object."""
        return np.bincount(self._snapshot.targets[is_wanted], minlength=self._snapshot.n_objects)

    @cached_property
    def _search(self) -> tuple[np.ndarray, np.ndarray]:
        """One search from all roots at once: which objects it reaches, and from where it first came to each."""
        snapshot = self._snapshot
        size = snapshot.n_objects
        starting = (self.residue > 0) | self.immortal
        starting[snapshot.tables["roots"]["object"]] = True
        seeds = np.flatnonzero(starting).astype(np.int32)
        targets = snapshot.targets.astype(np.int32)
        # A reference that is not followed is bent back to its source, which changes no reachability.
        ignored = np.flatnonzero(~self._is_certain)
        targets[ignored] = np.searchsorted(snapshot.starts, ignored, side="right") - 1
        indices = np.concatenate([targets, seeds])
        starts = np.append(snapshot.starts, np.int32(len(indices)))
        graph = csr_matrix((np.ones(len(indices)), indices, starts), shape=(size + 1, size + 1))
        order, predecessors = breadth_first_order(graph, size, return_predecessors=True)
        reachable = np.zeros(size + 1, dtype=bool)
        reachable[order] = True
        predecessors[predecessors == size] = -1
        return reachable[:size], predecessors[:size]

    @property
    def reachable(self) -> np.ndarray:
        """Whether any root reaches each object; what none reaches is garbage. Shape (n_objects,), bool."""
        return self._search[0]

    @property
    def predecessors(self) -> np.ndarray:
        """An object one step nearer to a root, or below 0 at a root. Shape (n_objects,), int32.

        Only of use for reachable objects. Object by object, nothing folded.
        """
        return self._search[1]

    def is_garbage(self, index: int) -> bool:
        return not self.reachable[index]

    def is_held_natively(self, index: int) -> bool:
        """Whether something holds the object that the snapshot does not know, not even by a guess: native code."""
        return bool(self.unexplained[index] > self._guesses[index])

    @property
    def native_ends(self) -> np.ndarray:
        """Objects at which a path may end for want of a root with a name. Shape (n_objects,), bool."""
        ends: np.ndarray = (self.unexplained > self._guesses) | self.immortal
        return ends

    def is_immortal(self, index: int) -> bool:
        return bool(self.immortal[index])
