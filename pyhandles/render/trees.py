"""A tree as lines with guides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text


@dataclass(frozen=True, slots=True)
class Branch:
    text: Text
    branches: Sequence[Branch] = ()


def tree(top: Branch, width: int | None) -> list[Text]:
    """The lines of a tree. The deeper it is and the narrower the terminal, the smaller the steps to the right."""
    step = _step(_depth(top), width)
    lines = wrap(top.text, width)
    for prefix, last, branch in _walk(top):
        below = branch.branches and step > 1
        first = _guides(prefix, step) + ("└" if last else "├") + "─" * (step - 2) + " " * (step > 1)
        rest = _guides((*prefix, not last), step) + ("│" + " " * (step - 1) if below else "")
        lines += wrap(branch.text, width, first, rest)
    return lines


def _walk(top: Branch) -> Iterator[tuple[tuple[bool, ...], bool, Branch]]:
    """Each branch below the top, in the order of the lines.

    Yields: for each level above, whether it goes on below; whether the branch is the last of its level; the branch.
    """
    waiting: list[tuple[tuple[bool, ...], bool, Branch]] = []

    def add(prefix: tuple[bool, ...], branches: Sequence[Branch]) -> None:
        last = len(branches) - 1
        waiting.extend((prefix, i == last, branches[i]) for i in range(last, -1, -1))

    add((), top.branches)
    while waiting:
        prefix, last, branch = waiting.pop()
        yield prefix, last, branch
        add((*prefix, not last), branch.branches)


def _guides(levels: Sequence[bool], step: int) -> str:
    return "".join(("│" if goes_on else " ") + " " * (step - 1) for goes_on in levels)


def _depth(top: Branch) -> int:
    depth, level = -1, [top]
    while level:
        depth += 1
        level = [branch for above in level for branch in above.branches]
    return depth


def _step(depth: int, width: int | None) -> int:
    """Cells to the right for each level: as many as leave most of the line to the text."""
    if width is None or 3 * depth <= width // 3:
        return 3
    return 2 if 2 * depth <= width // 2 else 1
