"""What has grown, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.growth import Growth

_MOST_ROWS = 20


def grown(types: Sequence[Growth], width: int | None) -> list[Text]:
    """A line for each type, as many as a page has; those of handles' owners have a star."""
    if not types:
        return [Text(), Text("nothing has grown", "dim")]
    shown = types[:_MOST_ROWS]
    columns = [
        Column("grown", [(f"{each.now - each.before:+,}",) for each in shown], right=True, style="bold", whole=True),
        Column("before", [(f"{each.before:,}",) for each in shown], right=True, rank=1),
        Column("now", [(f"{each.now:,}",) for each in shown], right=True, rank=2),
        Column("type", [_names(each) for each in shown], keep="end", enough=26),
    ]
    notes = ["*: owns descriptors, or holds what does"] if any(each.owner for each in shown) else []
    notes += [f"… and {len(types) - len(shown):,} more (--format json)"] if len(types) > len(shown) else []
    return [Text(), *table(columns, width), *(line for note in notes for line in wrap(Text(note, "dim"), width))]


def _names(each: Growth) -> tuple[str, ...]:
    """The type, then without its module."""
    star = " *" if each.owner else ""
    return each.type + star, each.type.rpartition(".")[2] + star
