"""The tables of a snapshot as they are gathered, row by row."""

from __future__ import annotations

from array import array

from pyhandles.format import TABLES

_CODES = {"<u1": "B", "<u2": "H", "<u4": "I", "<u8": "Q", "<i4": "i", "<i8": "q"}


class Rows:
    """Columns of every table of `pyhandles.format`."""

    def __init__(self) -> None:
        self.columns: dict[str, dict[str, array[int]]] = {
            table: {name: array(_CODES[kind]) for name, kind in columns.items()} for table, columns in TABLES.items()
        }

    def add(self, table: str, **values: int) -> None:
        columns = self.columns[table]
        for name, value in values.items():
            columns[name].append(value)

    def set(self, table: str, **columns: array[int]) -> None:
        """Give a whole table."""
        self.columns[table] = columns

    def tables(self) -> dict[str, dict[str, bytes]]:
        """As the writer takes them."""
        return {
            table: {name: _little_endian(column) for name, column in columns.items()}
            for table, columns in self.columns.items()
        }


def _little_endian(column: array[int]) -> bytes:
    if _SWAPS:
        column.byteswap()
    return column.tobytes()


_SWAPS = array("H", [1]).tobytes() != b"\1\0"
