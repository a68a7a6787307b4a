"""Long lines on a narrow terminal: broken at spaces, continued under where they began."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

NARROWEST = 12
"""Cells: however deep the indentation, a line gets no fewer."""

NO_BREAK = "\u00a0"
"""A space at which no line is broken."""

_WORD = re.compile(r"[^ ]+ *| +")


def wrap(text: Text, width: int | None, first: str = "", rest: str | None = None, style: str = "dim") -> list[Text]:
    """The lines of a text, each at most ``width`` cells wide; None breaks nothing.

    first, rest: what the first line and the others begin with, in ``style``; ``rest`` is blank of the same width
        if it is not given.
    """
    rest = " " * cell_len(first) if rest is None else rest
    breaks: list[int] = []
    if width is not None:
        room = max(width - max(cell_len(first), cell_len(rest)), NARROWEST)
        breaks = _breaks(text.plain, room)
    lines = list(text.divide(breaks))
    for line in lines:
        line.rstrip()
        line.plain = line.plain.replace(NO_BREAK, " ")
    return [Text.assemble((rest if i else first, style), line) for i, line in enumerate(lines)]


def _breaks(plain: str, room: int) -> list[int]:
    """Where to break so that no line is wider than ``room``: before a word, and within one that is too long."""
    breaks: list[int] = []
    used = 0
    for word in _WORD.finditer(plain):
        size = cell_len(word.group().rstrip())
        if used and used + size > room:
            breaks.append(word.start())
            used = 0
        if size > room:
            at = word.start()
            while cell_len(plain[at : word.end()].rstrip()) > room:
                at += _piece(plain[at : word.end()], room)
                breaks.append(at)
            used = cell_len(plain[at : word.end()])
            continue
        used += cell_len(word.group())
    return breaks


def _piece(word: str, room: int) -> int:
    """How many characters of a word that is too long go into this line: up to a dot or a slash, if there is one."""
    fits = max(len(set_cell_size(word, room).rstrip()), 1)
    return max(word.rfind(mark, 1, fits) + 1 for mark in "./") or fits


def definitions(pairs: Iterable[tuple[str, Text]], width: int | None, style: str = "cyan") -> list[Text]:
    """Names in one column, what there is to say of each beside it."""
    pairs = list(pairs)
    longest = max((cell_len(name) for name, _ in pairs), default=0)
    lines = []
    for name, text in pairs:
        lines += wrap(text, width, name + " " * (longest - cell_len(name) + 2), " " * (longest + 2), style)
    return lines
