"""Writing a snapshot file from Python: the dozen pickle opcodes that the format allows, by hand.

The standard pickler would memoise, frame, and copy each column twice. This emits what the native writer emits:
no memo, no frame, no global, and each column's ``data`` on a multiple of eight in the file.
"""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from pyhandles.format import MAGIC, TABLES, VERSION

Columns = Mapping[str, bytes | bytearray | memoryview]
"""Name of a column → its numbers, little-endian, as anything with a buffer."""

_BINBYTES8_HEAD = 1 + 8
_SHORT_BINBYTES_HEAD = 1 + 1
_ALIGNMENT = 8
_PIECE = 4096


def write_snapshot(
    target: str | os.PathLike[str] | BinaryIO, header: Mapping[str, object], tables: Mapping[str, Columns]
) -> None:
    """Write a snapshot to a path or to an open binary file.

    header: the fields of the file beside ``format``, ``version`` and ``tables``; see `pyhandles.format`.
    tables: every column of `pyhandles.format.TABLES`; a table that is not given is written empty.

    A path is written under a temporary name in its directory, readable by its owner alone, and renamed when it is
    complete; what stood at the path is replaced. Raises OSError, and ValueError where columns disagree.
    """
    if not isinstance(target, (str, os.PathLike)):
        _Writer(target).snapshot(header, tables)
        return
    path = Path(target)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _Writer(file).snapshot(header, tables)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


class _Writer:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._position = 0
        self._outside = 0
        """The checksum of all that is no column's data."""

    def snapshot(self, header: Mapping[str, object], tables: Mapping[str, Columns]) -> None:
        self._emit(b"\x80\x05")
        self._open_dict()
        self._value("format")
        self._value(MAGIC)
        self._value("version")
        self._value(VERSION)
        for key, value in header.items():
            self._value(key)
            self._value(value)
        self._value("tables")
        self._open_dict()
        for name, types in TABLES.items():
            self._value(name)
            self._table(name, types, tables.get(name, {}))
        self._close_dict()
        self._value("crc32")
        self._value(self._outside)
        self._close_dict()
        self._emit(b".")

    def _table(self, name: str, types: Mapping[str, str], columns: Columns) -> None:
        if columns and columns.keys() != types.keys():
            raise ValueError(f"table {name} has columns {sorted(columns)}, not {sorted(types)}")
        views = {column: memoryview(columns.get(column, b"")).cast("B") for column in types}
        rows = {column: len(view) // int(types[column][2:]) for column, view in views.items()}
        if len(set(rows.values())) != 1:
            raise ValueError(f"columns of table {name} differ in length: {rows}")
        self._open_dict()
        self._value("rows")
        self._value(next(iter(rows.values())))
        self._value("columns")
        self._open_dict()
        for column, view in views.items():
            self._value(column)
            self._column(types[column], view)
        self._close_dict()
        self._close_dict()

    def _column(self, type_: str, data: memoryview) -> None:
        self._open_dict()
        self._value("type")
        self._value(type_)
        self._value("pad")
        distance = _SHORT_BINBYTES_HEAD + len(_short_text("data")) + _BINBYTES8_HEAD
        self._value(bytes(-(self._position + distance) % _ALIGNMENT))
        self._value("data")
        self._emit(b"\x8e" + struct.pack("<Q", len(data)))
        self._store(data)
        self._value("crc32")
        self._value(_checksum(data))
        self._close_dict()

    def _value(self, value: object) -> None:
        if isinstance(value, Mapping):
            self._open_dict()
            for key, item in value.items():
                self._value(key)
                self._value(item)
            self._close_dict()
        elif isinstance(value, (list, tuple)):
            self._emit(b"](")
            for item in value:
                self._value(item)
            self._emit(b"e")
        else:
            self._emit(_scalar(value))

    def _open_dict(self) -> None:
        self._emit(b"}(")

    def _close_dict(self) -> None:
        self._emit(b"u")

    def _emit(self, data: bytes) -> None:
        self._outside = _checksum(memoryview(data), self._outside)
        self._store(data)

    def _store(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._position += len(data)


def _scalar(value: object) -> bytes:
    encode = _SCALARS.get(type(value))
    if encode is None:
        raise TypeError(f"a snapshot cannot hold a {type(value).__name__}")
    return encode(value)


def _checksum(data: memoryview, checksum: int = 0) -> int:
    """In pieces so small that zlib keeps the GIL over each: the child that captures could never take it back."""
    for start in range(0, len(data), _PIECE):
        checksum = zlib.crc32(data[start : start + _PIECE], checksum)
    return checksum


def _integer(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    if -(2**63) <= value < 2**63:
        return b"\x8a\x08" + struct.pack("<q", value)
    raise ValueError(f"{value} does not fit into 64 bits")


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return _short_text(value) if len(data) < 256 else b"X" + struct.pack("<I", len(data)) + data


def _short_text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"\x8c" + bytes([len(data)]) + data


def _bytes(value: bytes) -> bytes:
    if len(value) > 255:
        raise ValueError(f"{len(value):,} bytes are no column")
    return b"C" + bytes([len(value)]) + value


_SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"\x88" if value else b"\x89",
    int: _integer,
    float: lambda value: b"G" + struct.pack(">d", value),
    str: _text,
    bytes: _bytes,
}
