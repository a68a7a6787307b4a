"""Rows of the small tables, with their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyhandles.snapshot.strings import Strings


class Type(NamedTuple):
    object: int
    module: str | None
    qualname: str | None
    base: int
    flags: int


class Module(NamedTuple):
    object: int
    name: str | None
    file: str | None


class Function(NamedTuple):
    object: int
    module: str | None
    qualname: str | None
    code: int


class Code(NamedTuple):
    object: int
    name: str | None
    qualname: str | None
    file: str | None
    line: int


class RaisedException(NamedTuple):
    object: int
    message: str | None


class TaskRecord(NamedTuple):
    object: int
    name: str | None


class Thread(NamedTuple):
    ident: int
    native: int
    name: str | None
    flags: int


class Frame(NamedTuple):
    """thread: a row of the threads, or `NOTHING`. depth: 0 is the innermost of its thread."""

    object: int
    code: int
    line: int
    thread: int
    depth: int
    kind: int


class Root(NamedTuple):
    object: int
    kind: int
    name: str | None


class OwnerRecord(NamedTuple):
    object: int
    fd: int
    kind: int
    flags: int
    uses: int


class Number(NamedTuple):
    object: int
    label: int
    value: int


class Descriptor(NamedTuple):
    """An open descriptor as the kernel told it; see `pyhandles.format` for the fields."""

    fd: int
    link: str | None
    mode: int
    device: int
    inode: int
    size: int
    position: int
    flags: int
    cloexec: int
    family: int
    socktype: int
    protocol: int
    listening: int
    state: int
    local: str | None
    peer: str | None
    start: int


class Counted(NamedTuple):
    """How many objects of a type there were when pyhandles was installed."""

    type: str | None
    count: int  # type: ignore[assignment]  # the name of the column


Row = TypeVar("Row", bound=NamedTuple)


class Records(Generic[Row]):
    """The rows of one table as ``row_type``, whose fields are named as the columns; made when asked for."""

    def __init__(self, row_type: type[Row], columns: Mapping[str, np.ndarray], strings: Strings) -> None:
        self._row_type = row_type
        self._columns = [columns[field] for field in row_type._fields]
        self._text_fields = [
            position for position, field in enumerate(row_type._fields) if "str" in str(row_type.__annotations__[field])
        ]
        self._objects = columns.get("object", np.array([], dtype=np.uint32))
        self._strings = strings
        self._rows: dict[int, int] | None = None
        self._made: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[Row]:
        """All rows; a column at a time, which is several times faster than row by row."""
        columns: list[Iterable[object]] = [column.tolist() for column in self._columns]
        for position in self._text_fields:
            columns[position] = map(self._strings.get, self._columns[position].tolist())
        return map(self._row_type._make, zip(*columns, strict=True))

    def __getitem__(self, row: int) -> Row:
        made = self._made.get(row)
        if made is None:
            values = [column[row].item() for column in self._columns]
            for position in self._text_fields:
                values[position] = self._strings.get(values[position])
            made = self._made[row] = self._row_type(*values)
        return made

    def of(self, index: int) -> Row | None:
        """The first row whose object is ``index``."""
        if self._rows is None:
            count = len(self._objects)
            self._rows = dict(zip(self._objects[::-1].tolist(), range(count - 1, -1, -1), strict=True))
        row = self._rows.get(index)
        return None if row is None else self[row]
