"""Lines of source around a place, where its file is at hand."""

from __future__ import annotations

import io
import stat
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyhandles.errors import PyhandlesError
from pyhandles.findings.writing import class_line, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.findings.places import Place
    from pyhandles.snapshot import Snapshot

CONTEXT = 8
"""So many lines are shown before and after."""

_MOST_BYTES = 16 << 20
_LONGEST_LINE = 1000


class NoSource(PyhandlesError):  # noqa: N818  # What it says, not that it says it.
    """The file is not where the snapshot says, or is no source."""

    hint = "Open the snapshot where the program's files are, at the same paths."


@dataclass(frozen=True, slots=True)
class Source:
    """The answer to ``source``.

    what: the object in words. line: the one that is meant, from 1. first: the number of the first of ``lines``.
    newer: whether the file was changed after the capture, so that the lines may be others than those that ran.
    note: what else is to be known, or None.
    """

    what: str
    file: str
    line: int
    first: int
    lines: tuple[str, ...]
    newer: bool
    note: str | None


def source(snapshot: Snapshot, name: str, marks: Mapping[str, int] | None = None, *, context: int = CONTEXT) -> Source:
    """The lines around what is called so; see `written` for the names.

    Reads the file, if it is a regular one. Raises UnknownObject, NoSource.
    """
    found = written(snapshot, name, marks)
    path, lines, newer = _read(snapshot, found.place)
    line, note = found.place.line, None
    if found.class_name:
        begin = class_line(lines, found.place, found.class_name)
        if begin is None and not line:
            raise NoSource(f"no line of {path} begins {found.what}", "It may be made by a call.")
        line, note = (begin, None) if begin else (line, "its first method: no line above it begins the class")
    if line > len(lines):
        raise NoSource(f"{path} has {len(lines):,} lines, and {found.what} was at line {line:,}")
    first = max(line - context, 1)
    shown = lines[first - 1 : line + context]
    return Source(found.what, str(path), line, first, tuple(shown), newer, note)


def _read(snapshot: Snapshot, place: Place) -> tuple[Path, list[str], bool]:
    """The file's path, its lines, and whether it is newer than the snapshot."""
    if place.file.startswith("<"):
        raise NoSource(f"{place.text} is in no file", "It was made by a call, or comes with the interpreter.")
    path = _path(snapshot, place)
    try:
        status = path.stat()
        # A snapshot may name a device or a pipe; neither may be waited for.
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            raise NoSource(f"{path} is no source file")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NoSource(f"{path}, line {place.line}, cannot be read here: {reason}") from None
    return path, _lines(data), status.st_mtime > snapshot.header.time


def _path(snapshot: Snapshot, place: Place) -> Path:
    """A relative path counts from where the process was, which is only known as of the capture."""
    cwd = snapshot.header.process.get("cwd")
    return Path(cwd if isinstance(cwd, str) else "", place.file)


def _lines(data: bytes) -> list[str]:
    """Lines as Python counts them, in the encoding that the file says; tabs as blanks."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        encoding = "utf-8"
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    return [line.expandtabs()[:_LONGEST_LINE].rstrip(" \f") for line in lines]
