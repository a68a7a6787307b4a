"""Chains of references that are one step to the programmer, told by the labels of the references alone.

`pyhandles.graph.folding` folds the references to one object, upwards. What is here serves searches of the whole heap,
downwards: which references are only a part of a step, and how the references of a way come together into steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LabelKind
from pyhandles.graph.folding import METHOD_TYPES, Reference
from pyhandles.graph.strength import FieldLabels, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot

_NAMED = {LabelKind.ATTRIBUTE, LabelKind.GLOBAL, LabelKind.CLOSURE}
_VARIABLES = {LabelKind.CLOSURE, LabelKind.LOCAL}


class Chains:
    """Which references are a part of a step. Take it with ``snapshot.derive(Chains)``.

    is_short: shape (n_references,), bool. Those to an instance's or a module's ``__dict__`` and to a function's
    closure belong to the reference that follows; those from a cell to its contents and from a bound method to its
    instance and function, to the one before.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        fields = snapshot.derive(FieldLabels)
        self._leading = frozenset({fields.dict, fields.closure}) - {-1}
        self._contents = fields.cell_contents
        self._method = fields.method
        labels = _plain(snapshot.labels)
        self.is_short = np.isin(labels, list(self._leading | {self._contents} - {-1}))
        self._mark_methods(labels)

    def _mark_methods(self, labels: np.ndarray) -> None:
        snapshot = self._snapshot
        types = [record.object for record in snapshot.type_records if self._is_method_type(record.object)]
        rows = np.flatnonzero(np.isin(labels, list(self._method)))
        sources = np.searchsorted(snapshot.starts, rows, side="right") - 1
        self.is_short[rows[np.isin(snapshot.types[sources], types)]] = True

    def _is_method_type(self, type_index: int) -> bool:
        return self._snapshot.name_of_type(type_index) in METHOD_TYPES

    def leads(self, rows: np.ndarray) -> np.ndarray:
        """Which of the short references at ``rows`` belong to the one that follows. Shape (n_rows,), bool."""
        leads: np.ndarray = np.isin(_plain(self._snapshot.labels[rows]), list(self._leading))
        return leads

    def is_variable(self, row: int) -> bool:
        """Whether the reference is from a cell to what the variable stands for."""
        return self._label(row) == self._contents

    def steps(self, way: Sequence[tuple[int, int, int]], *, raw: bool = False) -> tuple[Reference, ...]:
        """The steps of a way: source, row and target of references that lead on.

        raw: each reference is a step of its own.
        """
        steps: list[Reference] = []
        for source, row, target in way:
            last = steps[-1] if steps else None
            if last and not raw and self._is_trailing(row, last):
                steps[-1] = Reference(last.source, last.row, target, (*last.via, source))
            elif last and not raw and self._is_leading(last, row):
                steps[-1] = Reference(last.source, row, target, (source,))
            else:
                steps.append(Reference(source, row, target))
        return tuple(steps)

    def _is_leading(self, last: Reference, row: int) -> bool:
        """Whether the last reference is a part of the step that the one at ``row`` names."""
        return not last.via and self._label(last.row) in self._leading and self._kind(row) in _NAMED

    def _is_trailing(self, row: int, last: Reference) -> bool:
        """Whether the reference at ``row`` is a part of the last step."""
        if not self.is_short[row]:
            return False
        label = self._label(row)
        if label == self._contents:
            return self._kind(last.row) in _VARIABLES
        return label in self._method

    def _label(self, row: int) -> int:
        return plain(int(self._snapshot.labels[row]))

    def _kind(self, row: int) -> int:
        return int(self._snapshot.labels[row]) >> LABEL_KIND_SHIFT


def _plain(labels: np.ndarray) -> np.ndarray:
    without: np.ndarray = labels & np.uint32(~LABEL_UNCOUNTED & 0xFFFF_FFFF)
    return without
