"""Who refers to an object, or what it refers to: a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.pages import rest
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from pyhandles.findings.neighbours import Neighbours


def neighbour_table(answer: Neighbours, width: int | None) -> list[Text]:
    rows = answer.page.rows
    columns = [
        Column("reference", [(row.label,) for row in rows], style="cyan", enough=24),
        Column("object", [(row.object.text, row.object.type) for row in rows], enough=24),
        Column("address", [(f"{row.object.address:#x}",) for row in rows], whole=True, style="dim", rank=1),
        Column("type", [(row.object.type,) for row in rows], keep="end", rank=3),
    ]
    if any(row.remark for row in rows):
        columns.insert(1, Column("", [(row.remark or "",) for row in rows], style="yellow", rank=2))
    lines = table(columns, width) if rows else [Text("nothing", "dim")]
    return [*lines, *rest(answer.page, width), *_below(answer, width)]


def _below(answer: Neighbours, width: int | None) -> list[Text]:
    said = []
    if not answer.exact:
        said.append("what is folded into one step is still counted apart")
    if answer.weak:
        said.append(f"{answer.weak:,} weak, which keep nothing alive (--raw shows them)")
    return wrap(Text("; ".join(said), "dim"), width) if said else []
