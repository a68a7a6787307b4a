"""The objects that were looked for: a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.pages import rest
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from pyhandles.findings.find import Matches


def match_table(answer: Matches, width: int | None) -> list[Text]:
    rows = answer.page.rows
    counts = [("immortal" if row.refcount is None else f"{row.refcount:,}", "∞") for row in rows]
    columns = [
        Column("address", [(f"{row.object.address:#x}",) for row in rows], whole=True, style="dim"),
        Column("type", [(row.object.type,) for row in rows], keep="end", rank=3),
        Column("bytes", [(f"{row.size:,}",) for row in rows], right=True, rank=0 if answer.by_size else 1),
        Column("refcount", counts, right=True, rank=2),
        Column("object", [(row.object.text,) for row in rows], style="cyan", enough=24),
    ]
    noun = "object" if answer.page.total == 1 else "objects"
    total = Text(f"{answer.page.total:,} {noun}, {answer.size:,} bytes" if answer.page.total else "nothing fits", "dim")
    return [*table(columns, width), *rest(answer.page, width), *wrap(total, width)]
