"""Cycles: a paragraph each, or one for all that are alike."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.handles import numbers_text
from pyhandles.render.wrapping import definitions

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from pyhandles.findings.cycles import Cycle

_FEW_NUMBERS = 6


def cycle_list(cycles: list[Cycle], width: int | None) -> list[Text]:
    lines: list[Text] = []
    for _, alike in groupby(cycles, _look):
        lines += [Text()] if lines else []
        lines += definitions(((name, text) for name, text in _facts(list(alike)) if text), width)
    return lines


def _look(cycle: Cycle) -> Hashable:
    """What two that follow each other have in common, if one paragraph can tell of both."""
    return (cycle.loop, cycle.size, len(cycle.fds), cycle.garbage, cycle.entered_by)


def _facts(alike: Sequence[Cycle]) -> list[tuple[str, Text]]:
    first = alike[0]
    fds = [fd for cycle in alike for fd in cycle.fds]
    held = f"{len(fds):,} open" if fds else "nothing open"
    numbers = f" (fd {numbers_text(fds, _FEW_NUMBERS)})" if fds else ""
    objects = f"{first.size:,} object{'s' * (first.size > 1)}"
    if len(alike) == 1:
        where = f"{objects} at {first.address:#x}"
        kept = "garbage: only the cycle keeps it" if first.garbage else "a root reaches it"
    else:
        where = f"{len(alike):,} cycles alike, each of {objects}, the first at {first.address:#x}"
        kept = "garbage: only the cycles keep them" if first.garbage else "a root reaches them"
    return [
        ("holds", Text.assemble((held, "bold"), f"{numbers}; {where}; {kept}")),
        ("loop", Text(" → ".join(first.loop))),
        ("entered by", Text(first.entered_by or "")),
    ]
