"""References to blame: a line each, with how many descriptors it would release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.render.columns import Column, table
from pyhandles.render.handles import numbers_text

if TYPE_CHECKING:
    from rich.text import Text

    from pyhandles.findings.blame import Blame

_FEW_NUMBERS = 4


def blame_table(blames: list[Blame], width: int | None) -> list[Text]:
    columns = [
        Column("releases", [(f"{each.handles:,}",) for each in blames], right=True, style="bold"),
        Column("reference", [(each.reference,) for each in blames], style="cyan", enough=40),
        Column("target", [(f"{each.target:#x}",) for each in blames], whole=True, style="dim", rank=1),
        Column("fds", [_number_forms(each) for each in blames], rank=2, enough=10),
    ]
    return table(columns, width)


def _number_forms(blame: Blame) -> tuple[str, ...]:
    return (numbers_text(blame.fds, _FEW_NUMBERS), numbers_text(blame.fds, 1))
