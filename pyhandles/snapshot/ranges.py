"""Whether what points into a table points at a row of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import NOTHING
from pyhandles.snapshot.scanner import MalformedError

if TYPE_CHECKING:
    Column = np.ndarray
    Tables = dict[str, dict[str, Column]]


def check_indices(name: str, indices: Column, rows: int, *, may_be_nothing: bool) -> None:
    """Raises MalformedError where an index is no row of its table, nor NOTHING if it may be that."""
    if not len(indices) or int(indices.max()) < rows:
        return
    outside = indices >= rows
    if may_be_nothing:
        outside &= indices != NOTHING
    if outside.any():
        raise MalformedError(f"row {int(outside.argmax()):,} of {name} points outside its table")


def check_ends(tables: Tables, table: str, of: str, column: str) -> None:
    """Raises MalformedError where the column "end" does not divide all rows of the table ``of``."""
    ends = tables[table]["end"]
    rows = len(tables[of][column])
    if np.any(ends[1:] < ends[:-1]) or (int(ends[-1]) if len(ends) else 0) != rows:
        raise MalformedError(f"{table}.end does not divide the {rows:,} rows of {of}")
