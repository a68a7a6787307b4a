"""The lines that the user typed before: kept where that is possible, in memory where it is not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

if TYPE_CHECKING:
    from collections.abc import Iterable


def history_path() -> Path:
    """Where the history is: the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return base / "pyhandles" / "history"


def open_history() -> History:
    """The user's history, or an empty one where it cannot be written (no home, a read-only file system)."""
    try:
        path = history_path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("ab"):
            pass
    except (OSError, RuntimeError):  # RuntimeError: no home directory
        return InMemoryHistory()
    return _KindHistory(str(path))


class _KindHistory(FileHistory):
    """A file history whose file may vanish or fill up under it: the session goes on without."""

    def load_history_strings(self) -> Iterable[str]:
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        try:
            super().store_string(string)
        except OSError:
            return
