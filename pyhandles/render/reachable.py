"""What an object reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.counts import count_table
from pyhandles.render.handles import numbers_text
from pyhandles.render.pages import rest
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from pyhandles.findings.reachable import Reachable

_LEFT_OUT = "without what is reached only by types, globals or modules (--all follows them)"


def reachable_page(answer: Reachable, width: int | None) -> list[Text]:
    heading = Text.assemble((answer.object.text, "bold"), f" at {answer.object.address:#x} reaches")
    facts = [
        ("objects", Text(f"{answer.objects:,}, itself among them")),
        ("bytes", Text(f"{answer.size:,}")),
        ("descriptors", Text(f"{len(answer.fds):,}" + (f": {numbers_text(answer.fds)}" if answer.fds else ""))),
    ]
    lines = [*wrap(heading, width), *definitions(facts, width)]
    if answer.types.rows:
        lines += [Text(), *count_table(list(answer.types.rows), width)]
    lines += rest(answer.types, width)
    return lines if answer.all else [*lines, *wrap(Text(_LEFT_OUT, "dim"), width)]
