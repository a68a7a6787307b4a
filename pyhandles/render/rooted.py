"""The roots, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.handles import counts_text
from pyhandles.render.pages import rest
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from pyhandles.findings.rooted import RootList


def root_table(answer: RootList, width: int | None) -> list[Text]:
    """The rows, how to see more, and how many roots there are of each kind."""
    rows = answer.page.rows
    columns = [
        Column("kind", [(row.kind,) for row in rows], style="cyan"),
        Column("root", [(row.name,) for row in rows], enough=30),
        Column("nearest to", [(f"{row.nearest:,}",) for row in rows], right=True, rank=1),
        Column("refers to", [(f"{row.references:,}",) for row in rows], right=True, rank=4),
        Column("object", [(row.object.text,) for row in rows], rank=2, enough=20),
        Column("address", [(f"{row.object.address:#x}",) for row in rows], whole=True, style="dim", rank=3),
    ]
    totals = wrap(Text(counts_text(answer.kinds), "dim"), width)
    return [*(table(columns, width) or [Text("nothing", "dim")]), *rest(answer.page, width), Text(), *totals]
