"""References as the source reads, from their source: what an object refers to, folded.

`pyhandles.graph.folding` folds upwards, from the target of references. Downwards there may be a million of them, so
that they stay an array until one is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LABEL_VALUE_MASK, LabelKind
from pyhandles.graph.folding import Reference
from pyhandles.graph.roots import Roots
from pyhandles.graph.rows import rows_of_all
from pyhandles.graph.strength import FieldLabels, Strength, Strengths

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_PLAIN = np.uint32(~LABEL_UNCOUNTED & 0xFFFF_FFFF)
_IN_DICT = (LabelKind.ATTRIBUTE, LabelKind.GLOBAL)
_VARIABLES = (LabelKind.LOCAL, LabelKind.CLOSURE)


class Outgoing:
    """What objects refer to; weak references are never told. Take it with ``snapshot.derive(Outgoing)``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._fields = snapshot.derive(FieldLabels)

    def rows(self, index: int) -> np.ndarray:
        """Rows of the references that name a step from the object, what tells least last. Shape (n_steps,), int64."""
        own = np.arange(*self._snapshot.starts[index : index + 2])
        labels = self._snapshot.labels[own] & _PLAIN
        is_dict = labels == self._fields.dict
        is_closure = labels == self._fields.closure
        inner = [self._inside(own[is_dict], _IN_DICT), self._inside(own[is_closure], (LabelKind.CLOSURE,))]
        rows = np.concatenate([*inner, own[~(is_dict | is_closure)]])
        return self._by_strength(rows)

    def _inside(self, rows: np.ndarray, kinds: tuple[LabelKind, ...]) -> np.ndarray:
        """The references of these kinds from the targets of ``rows``; where a target has none, the row itself."""
        targets = self._snapshot.targets[rows]
        inner, outer = rows_of_all(self._snapshot.starts, targets, rows)
        is_named = np.isin(self._snapshot.labels[inner] >> LABEL_KIND_SHIFT, kinds)
        return np.concatenate([inner[is_named], rows[~np.isin(rows, outer[is_named])]])

    def _by_strength(self, rows: np.ndarray) -> np.ndarray:
        strengths = self._snapshot.derive(Strengths).of_rows[rows]
        is_told = strengths != Strength.WEAK
        is_guess = strengths == Strength.GUESS
        is_told &= ~is_guess | (self._snapshot.derive(Roots).unexplained[self._snapshot.targets[rows]] > 0)
        rows, strengths = rows[is_told], strengths[is_told]
        labels = self._snapshot.labels[rows]
        # The collector is told of a list's items from the last to the first.
        numbers = np.where(labels >> LABEL_KIND_SHIFT == LabelKind.ITEM, labels & LABEL_VALUE_MASK, 0)
        ordered: np.ndarray = rows[np.lexsort((numbers, strengths))]
        return ordered

    def step(self, index: int, row: int) -> Reference:
        """The step from the object that the reference at ``row`` names, one of its `rows`."""
        snapshot = self._snapshot
        target = int(snapshot.targets[row])
        via: tuple[int, ...] = ()
        if row not in snapshot.rows_of(index):
            via = (int(np.searchsorted(snapshot.starts, row, side="right")) - 1,)
        if int(snapshot.labels[row]) >> LABEL_KIND_SHIFT in _VARIABLES:
            contents = self._contents(target)
            if contents is not None:
                return Reference(index, row, contents, (*via, target))
        return Reference(index, row, target, via)

    def _contents(self, index: int) -> int | None:
        """What a cell holds; None for what is no cell, and for an empty one."""
        for row in self._snapshot.rows_of(index):
            if int(self._snapshot.labels[row] & _PLAIN) == self._fields.cell_contents:
                return int(self._snapshot.targets[row])
        return None
