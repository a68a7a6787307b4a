"""What to say of a name that nothing has."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST_NAMES = 3


def closest(name: str, known: Iterable[str], otherwise: str, *, show: Callable[[str], str] = str) -> str:
    """A hint with the known names that look most like a wrong one, each as ``show`` has it; else the other hint."""
    close = get_close_matches(name, known, n=_MOST_NAMES, cutoff=0.6)
    return f"Did you mean {' or '.join(map(show, close))}?" if close else otherwise
