"""Mapping a snapshot's file into memory."""

from __future__ import annotations

import mmap
import os
import stat
from pathlib import Path

from pyhandles.errors import SnapshotError


def map_file(path: str) -> memoryview:
    """The bytes of the file. Raises SnapshotError where there is none, where it is none, or it may not be read."""
    try:
        return _map(path)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror or error}", _hint(error)) from None


def _map(path: str) -> memoryview:
    mode = Path(path).stat().st_mode
    if stat.S_ISDIR(mode):
        raise SnapshotError(f"{path} is a directory", "Name one of the snapshots in it.")
    if not stat.S_ISREG(mode):
        raise SnapshotError(f"{path} is not a file", "Copy what it holds into one: a snapshot is mapped, not streamed.")
    with Path(path).open("rb") as file:
        # An empty file cannot be mapped.
        return (
            memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            if os.fstat(file.fileno()).st_size
            else memoryview(b"")
        )


def _hint(error: OSError) -> str:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return "The line that a capture prints names its file."
    if isinstance(error, PermissionError):
        return "A snapshot is for its owner's eyes: read it as that user, or have it copied."
    return "Copy it to where it can be read."
