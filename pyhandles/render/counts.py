"""How many objects there are of each type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.render.columns import Column, table

if TYPE_CHECKING:
    from rich.text import Text

    from pyhandles.findings.counts import Count


def count_table(counts: list[Count], width: int | None) -> list[Text]:
    by = counts[0].by
    columns = [
        Column("objects", [(f"{each.count:,}",) for each in counts], right=True, style="bold"),
        Column("bytes", [(f"{each.size:,}",) for each in counts], right=True),
        Column("of all", [(_percent(each.share),) for each in counts], right=True, rank=2),
        Column(by, [(each.name,) for each in counts], keep="end", style="cyan", enough=40),
    ]
    if by == "module":
        columns.append(Column("types", [(f"{each.types:,}",) for each in counts], right=True, rank=1))
    else:
        addresses = [("" if each.address is None else f"{each.address:#x}",) for each in counts]
        columns.append(Column("address", addresses, whole=True, style="dim", rank=3))
    return table(columns, width)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "<1%"
