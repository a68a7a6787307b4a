"""Telling the standard library's code from the user's."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_MODULES = {"os", "asyncio.events", "concurrent.futures.thread", "multiprocessing.util"}
"""One of each directory whose functions hold descriptors of others in their variables."""


class StandardLibrary:
    """Take it with ``snapshot.derive(StandardLibrary)``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._directories = {
            str(PurePath(module.file).parent) for module in snapshot.modules if module.file and module.name in _MODULES
        }

    def runs(self, index: int) -> bool:
        """Whether the object is a frame or a function of the standard library."""
        runs = self._snapshot.frames.of(index) or self._snapshot.functions.of(index)
        code = runs and self._snapshot.codes.of(runs.code)
        if not code or not code.file:
            return False
        return code.file.startswith("<frozen ") or str(PurePath(code.file).parent) in self._directories
