"""The references both ways: a snapshot has them by source, this has them by target."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from pyhandles.graph.rows import rows_of_all

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


class Incoming(NamedTuple):
    """The references to one object: where they come from, and their rows. Both of shape (n,), int32."""

    sources: np.ndarray
    rows: np.ndarray


class Adjacency:
    """References by target, as compressed rows; scipy counts them into place in linear time.

    starts: the references to object ``i`` are those from ``starts[i]`` to ``starts[i + 1]`` of the other two arrays, in
    the order of their rows; shape (n_objects + 1,), int32. sources: where each comes from. rows: the row of each. Both
    of shape (n_references,), int32.
    Costs 12 bytes a reference and 4 an object, and about 15 ms a million references.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        rows = np.arange(snapshot.n_references, dtype=np.int32)
        size = snapshot.n_objects
        by_source = csr_matrix((rows, snapshot.targets.astype(np.int32), snapshot.starts), shape=(size, size))
        by_target = by_source.tocsc()
        self.starts = by_target.indptr
        self.sources = by_target.indices
        self.rows = by_target.data

    def incoming(self, index: int) -> Incoming:
        """References to the object at ``index``, in the order of their rows."""
        start, end = int(self.starts[index]), int(self.starts[index + 1])
        return Incoming(self.sources[start:end], self.rows[start:end])

    def count_incoming(self, index: int) -> int:
        """How many references lead to the object at ``index``."""
        return int(self.starts[index + 1]) - int(self.starts[index])

    def incoming_of_all(self, indices: np.ndarray) -> tuple[Incoming, np.ndarray]:
        """References to all these objects, and beside each its target: shape (n,), as ``indices``."""
        places, targets = rows_of_all(self.starts, indices)
        return Incoming(self.sources[places], self.rows[places]), targets
