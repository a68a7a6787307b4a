"""Whose a reference is to the programmer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import LABEL_UNCOUNTED
from pyhandles.graph.strength import FieldLabels

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


class Owners:
    """Sources of references; for what an instance's or a module's dict holds, the instance, the module."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._starts = snapshot.starts
        self._owner = np.arange(snapshot.n_objects, dtype=np.int32)
        label = snapshot.derive(FieldLabels).dict
        rows = np.flatnonzero((snapshot.labels & np.uint32(~LABEL_UNCOUNTED & 0xFFFF_FFFF)).astype(np.int64) == label)
        self._owner[snapshot.targets[rows]] = self._sources(rows)

    def _sources(self, rows: np.ndarray) -> np.ndarray:
        sources: np.ndarray = np.searchsorted(self._starts, rows, side="right") - 1
        return sources

    def of(self, rows: np.ndarray) -> np.ndarray:
        """The index of each reference's owner. Shape (n_rows,), int32."""
        owners: np.ndarray = self._owner[self._sources(rows)]
        return owners
