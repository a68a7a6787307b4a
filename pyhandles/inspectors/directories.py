"""Directories: iterators of `os.scandir`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Rule

# The iterator closes itself at its end: an open one was not used up.
TYPES: dict[str, Rule] = {
    "posix.ScandirIterator": fixed("os.scandir() iterator, not used up", "with os.scandir(...) as entries:")
}
