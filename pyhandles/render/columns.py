"""Tables that survive a narrow terminal.

A table is never wrapped. When it is wider than the terminal, the columns that matter least are left out, then cells
take shorter forms of themselves, and only then are cells cut, at the end that says least. Without a width (the
answer goes into a file or a pipe) nothing is left out or shortened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GAP = 2
READABLE = 15
"""Cells: to this a column is cut for the sake of others if only few of its rows lose by it."""
SHORTEST_CUT = 6
"""Cells: a column is not cut below this."""

Forms = tuple[str, ...]
"""One cell: what to show, then shorter ways of saying it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column and its cells, as many as the table has rows."""

    title: str
    cells: Sequence[Forms]
    keep: Literal["start", "end"] = "start"
    """The end of a cell that says most."""
    right: bool = False
    whole: bool = False
    """Its cells are never cut."""
    style: str = ""
    rank: int = 0
    """0: always there. Of the others the highest goes first."""
    enough: int = 1000
    """Cells: no other column is left out to give this one more than so many."""

    def widths(self) -> list[int]:
        """The widths that this column can have without a cut, widest first."""
        deepest = max((len(cell) for cell in self.cells), default=1)
        widths = [
            max([cell_len(self.title), *(cell_len(cell[min(form, len(cell) - 1)]) for cell in self.cells)])
            for form in range(deepest)
        ]
        return sorted(set(widths), reverse=True)

    def cut_cells(self, size: int) -> int:
        """How many cells are cut at this width."""
        return sum(1 for cell in self.cells if cell_len(cell[-1]) > size)


def table(columns: Iterable[Column], width: int | None) -> list[Text]:
    """The lines of a table, its titles first, none of them wider than ``width`` cells."""
    shown = _fitting([column for column in columns if any(cell[0] for cell in column.cells)], width)
    if not shown:
        return []
    lines = [_line([(_sized(c.title, w, c, last=i == len(shown) - 1), "bold") for i, (c, w) in enumerate(shown)])]
    for row in range(len(shown[0][0].cells)):
        parts = [
            (_sized(_form(column.cells[row], size), size, column, last=i == len(shown) - 1), column.style)
            for i, (column, size) in enumerate(shown)
        ]
        lines.append(_line(parts))
    return lines


def shorten(text: str, width: int, keep: Literal["start", "end"] = "start") -> str:
    """The text in at most ``width`` cells, with an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    if keep == "start":
        return set_cell_size(text, width - 1).rstrip() + "…"
    tail = text
    while cell_len(tail) > width - 1:
        tail = tail[1:]
    return "…" + tail


def _fitting(columns: list[Column], width: int | None) -> list[tuple[Column, int]]:
    """The columns to show, in their order, and the width of each."""
    widths = {id(column): column.widths() for column in columns}
    if width is None:
        return [(column, widths[id(column)][0]) for column in columns]
    shown = list(columns)
    for column in sorted(columns, key=lambda column: -column.rank):
        if column.rank == 0 or _total(min(widths[id(c)][0], c.enough) for c in shown) <= width:
            break
        shown.remove(column)
    sizes = {id(column): widths[id(column)][0] for column in shown}
    while _total(sizes.values()) > width:
        shorter = [
            (sizes[id(c)], id(c), next(w for w in widths[id(c)] if w < sizes[id(c)]))
            for c in shown
            if widths[id(c)][-1] < sizes[id(c)]
        ]
        if shorter:
            _, which, size = max(shorter)
            sizes[which] = max(size, sizes[which] - (_total(sizes.values()) - width))
            continue
        cut = _cheapest_cut([c for c in shown if not c.whole], sizes)
        if cut is None:
            break
        sizes[id(cut)] -= 1
    return [(column, _used(column, sizes[id(column)])) for column in shown]


def _cheapest_cut(columns: list[Column], sizes: dict[int, int]) -> Column | None:
    """The column to cut by one more cell: where fewest rows lose by it, while it stays readable; None for none."""
    for shortest in (READABLE, SHORTEST_CUT):
        candidates = [column for column in columns if sizes[id(column)] > shortest]
        if candidates:
            return min(candidates, key=lambda c: (c.cut_cells(sizes[id(c)] - 1), -sizes[id(c)]))
    return None


def _used(column: Column, size: int) -> int:
    """As much of ``size`` as the cells' forms that fit into it need."""
    forms = max((cell_len(_form(cell, size)) for cell in column.cells), default=0)
    return min(size, max(forms, cell_len(column.title)))


def _total(sizes: Iterable[int]) -> int:
    sizes = list(sizes)
    return sum(sizes) + GAP * (len(sizes) - 1)


def _form(cell: Forms, size: int) -> str:
    return next((form for form in cell if cell_len(form) <= size), cell[-1])


def _sized(text: str, size: int, column: Column, *, last: bool) -> str:
    text = shorten(text, size, column.keep)
    blank = " " * (size - cell_len(text))
    if column.right:
        return blank + text
    return text if last else text + blank


def _line(parts: Iterable[tuple[str, str]]) -> Text:
    line = Text(no_wrap=True)
    for i, (text, style) in enumerate(parts):
        line.append(" " * GAP if i else "").append(text, style or None)
    line.rstrip()
    return line
