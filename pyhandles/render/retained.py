"""What would go with an object, and the largest objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.handles import numbers_text
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from pyhandles.findings.retained import Large, Retained


def retained_lines(answer: Retained, width: int | None) -> list[Text]:
    heading = Text.assemble((answer.object.text, "bold"), f" at {answer.object.address:#x}")
    if answer.garbage:
        heading.append(" is garbage: with it goes all the garbage that it reaches")
    facts = [
        ("objects", Text(f"{answer.objects:,}, itself among them")),
        ("bytes", Text(f"{answer.size:,}")),
        ("descriptors", Text(f"{len(answer.fds):,}" + (f": {numbers_text(answer.fds)}" if answer.fds else ""))),
    ]
    return [*wrap(heading, width), *definitions(facts, width)]


def large_table(rows: list[Large], width: int | None) -> list[Text]:
    retained = [("" if each.retained is None else f"{each.retained:,}",) for each in rows]
    columns = [
        Column("retained", retained, right=True, style="bold"),
        Column("bytes", [(f"{each.size:,}",) for each in rows], right=True),
        Column("object", [(each.object.text,) for each in rows], style="cyan", enough=40),
        Column("address", [(f"{each.object.address:#x}",) for each in rows], whole=True, style="dim", rank=1),
    ]
    return table(columns, width)
