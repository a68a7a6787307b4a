"""Reading the file's pickle without unpickling it.

The file is a pickle, so that anyone can read it; reading one with `pickle` would let a stranger's file run code
or ask for any amount of memory. This reads the few opcodes that a snapshot is made of, refuses all others, and
checks each length against what is left of the file before it takes it. Large values are not copied.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from pyhandles.errors import SnapshotError
from pyhandles.format import MAGIC, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 16
MAX_VALUES = 200_000


class MalformedError(Exception):
    """What is wrong with the bytes, as the end of a sentence that begins with the file's name."""


class CutShortError(MalformedError):
    """The bytes end before the snapshot does."""


def scan(data: memoryview) -> dict[str, object]:
    """Read the snapshot in ``data`` into dicts and lists; columns stay views of ``data``.

    Raises SnapshotError, whose message is the end of a sentence that begins with the file's name.
    """
    _check_beginning(data)
    reader = _Reader(data)
    reader.skip(len(_PROTOCOL))
    try:
        value = reader.snapshot()
        reader.expect_end()
        reader.expect_checksum(value)
    except CutShortError:
        raise _cut_short(data) from None
    except MalformedError as error:
        raise SnapshotError(f"is altered: {error}", ALTERED_HINT) from None
    return value


CUT_HINT = "The disk was full, the writer was killed, or the file is still being copied."
ALTERED_HINT = "Copy it again from where it was written; a snapshot is a binary file."
NO_SNAPSHOT_HINT = "Snapshots are written by `python -m pyhandles.dump` and by `pyhandles.install()`."

_PROTOCOL = b"\x80\x05"


def _text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


_BEGINNING = _PROTOCOL + b"}(" + _text("format") + _text(MAGIC) + _text("version") + b"J"


def _check_beginning(data: memoryview) -> None:
    """Tell a snapshot, and its version, by its first bytes: they stay as they are in every version."""
    if not len(data):
        raise SnapshotError("is empty", CUT_HINT)
    if not _BEGINNING.startswith(data[: len(_BEGINNING)].tobytes()):
        raise SnapshotError("is not a pyhandles snapshot", NO_SNAPSHOT_HINT)
    if len(data) < len(_BEGINNING) + 4:
        raise _cut_short(data)
    (version,) = struct.unpack_from("<i", data, len(_BEGINNING))
    if version > VERSION:
        raise SnapshotError(
            f"is of format version {version}; this pyhandles reads up to version {VERSION}",
            "A newer pyhandles reads it: `pip install --upgrade pyhandles`.",
        )
    if version < 1:
        raise SnapshotError(f"is altered: it claims format version {version}", ALTERED_HINT)


def _cut_short(data: memoryview) -> SnapshotError:
    return SnapshotError(f"is cut short: it ends after {len(data):,} bytes, before the snapshot does", CUT_HINT)


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0
        self._values_left = MAX_VALUES
        self._last_value = 0
        self._columns: list[tuple[int, int]] = []
        """Where the data of each begins and ends."""

    def skip(self, length: int) -> None:
        self._at += length

    def snapshot(self) -> dict[str, object]:
        """Read the dict that the whole file is; `_check_beginning` has seen that it is one."""
        self.opcode()
        return self.dict(MAX_DEPTH)

    def expect_end(self) -> None:
        if self.opcode() != _STOP:
            raise MalformedError(f"byte {self._at - 1:,} should end it and does not")
        if self._at != len(self._data):
            raise MalformedError(f"{len(self._data) - self._at:,} bytes follow its end")

    def expect_checksum(self, snapshot: dict[str, object]) -> None:
        """The last value is the checksum of what stands before it, the columns' data left out."""
        name, stored = next(reversed(snapshot.items()))
        if name != "crc32":
            raise MalformedError("it does not end with a checksum")
        checksum = position = 0
        for begin, end in [*self._columns, (self._last_value, self._last_value)]:
            checksum = zlib.crc32(self._data[position:begin], checksum)
            position = end
        if stored != checksum:
            raise MalformedError("what stands between its columns does not match its checksum")

    def value(self, depth: int) -> object:
        """Read one value. ``depth``: how many levels of containers may still be opened."""
        self._values_left -= 1
        if self._values_left < 0:
            raise MalformedError("it holds more values than a snapshot has")
        at = self._last_value = self._at
        opcode = self.opcode()
        if opcode in _CONSTANTS:
            return _CONSTANTS[opcode]
        if opcode in _CONTAINERS:
            return _CONTAINERS[opcode](self, depth)
        if opcode in _SCALARS:
            return _SCALARS[opcode](self)
        raise MalformedError(f"byte {at:,} is {opcode:#04x}, which no snapshot holds")

    def dict(self, depth: int) -> dict[str, object]:
        result: dict[str, object] = {}
        while self._begins_items(depth):
            while not self._ends_items(_SETITEMS):
                key = self.value(0)
                if not isinstance(key, str):
                    raise MalformedError(f"a key before byte {self._at:,} is no text")
                if key in result:
                    raise MalformedError(f"the key {key!r} comes twice")
                result[key] = self.value(depth - 1)
        return result

    def list(self, depth: int) -> list[object]:
        result: list[object] = []
        while self._begins_items(depth):
            while not self._ends_items(_APPENDS):
                result.append(self.value(depth - 1))
        return result

    def _begins_items(self, depth: int) -> bool:
        if depth <= 0:
            raise MalformedError("it is nested deeper than a snapshot is")
        return self._next_is(_MARK)

    def _ends_items(self, opcode: int) -> bool:
        return self._next_is(opcode)

    def _next_is(self, opcode: int) -> bool:
        if self._at >= len(self._data):
            raise CutShortError
        if self._data[self._at] != opcode:
            return False
        self._at += 1
        return True

    def opcode(self) -> int:
        return self.take(1)[0]

    def number(self, layout: str) -> Any:
        (number,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return number

    def long(self) -> int:
        length = self.number("<B")
        if length != _LONG_BYTES:
            raise MalformedError(f"an integer before byte {self._at:,} is {length} bytes long")
        number: int = self.number("<q")
        return number

    def text(self, length: int) -> str:
        try:
            return str(self.take(length), "utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise MalformedError(f"the text before byte {self._at:,} is not UTF-8") from None

    def column(self, length: int) -> memoryview:
        data = self.take(length)
        self._columns.append((self._at - length, self._at))
        return data

    def take(self, length: int) -> memoryview:
        if length > len(self._data) - self._at:
            raise CutShortError
        start = self._at
        self._at += length
        return self._data[start : self._at]


_MARK = ord("(")
_STOP = ord(".")
_SETITEMS = ord("u")
_APPENDS = ord("e")
_LONG_BYTES = 8
_CONSTANTS = {ord("N"): None, 0x88: True, 0x89: False}
_CONTAINERS: dict[int, Callable[[_Reader, int], object]] = {
    ord("}"): _Reader.dict,  # EMPTY_DICT
    ord("]"): _Reader.list,  # EMPTY_LIST
}
_SCALARS: dict[int, Callable[[_Reader], object]] = {
    ord("J"): lambda reader: reader.number("<i"),  # BININT
    ord("G"): lambda reader: reader.number(">d"),  # BINFLOAT
    0x8A: lambda reader: reader.long(),  # LONG1
    0x8C: lambda reader: reader.text(reader.number("<B")),  # SHORT_BINUNICODE
    ord("X"): lambda reader: reader.text(reader.number("<I")),  # BINUNICODE
    ord("C"): lambda reader: reader.take(reader.number("<B")),  # SHORT_BINBYTES
    0x8E: lambda reader: reader.column(reader.number("<Q")),  # BINBYTES8
}
