"""Rows of references, many objects at a time."""

from __future__ import annotations

import numpy as np


def rows_of_all(
    starts: np.ndarray, objects: np.ndarray, beside: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the references of all these objects, in their order, and beside each row its object.

    starts: as in `Snapshot.starts`. beside: what to put beside a row instead, one for each object. Both results are of
    shape (n_rows,).
    """
    first = starts[objects]
    counts = starts[objects + 1] - first
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    rows = np.arange(total) + np.repeat(first - (ends - counts), counts)
    return rows, np.repeat(objects if beside is None else beside, counts)
