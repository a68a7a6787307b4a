"""The ledger: what becomes of every descriptor, in a table and a sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.handles import kinds_text
from pyhandles.render.overview import limit_text
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from pyhandles.findings.ledger import Ledger

_MEANINGS = {
    "shared": ("two or more objects own it", "owned twice"),
    "owned": ("an object owns it", "has an owner"),
    "garbage": ("only a cycle keeps its owner", "kept by a cycle"),
    "standard": ("standard stream, as at the start", "from the start"),
    "inherited": ("no owner; open from the start", "from the start"),
    "raw": ("no owner; a likely variable", "only a number"),
    "native": ("no owner that is known", "unknown owner"),
}


def ledger_page(ledger: Ledger, width: int | None) -> list[Text]:
    """A line for each class that has any, the sum, the stale claims, and where to go on."""
    shown = [(name, count) for name, count in ledger.classes.items() if count]
    columns = [
        Column("open", [(f"{count:,}",) for _, count in shown], right=True, style="bold"),
        Column("class", [(name,) for name, _ in shown], style="cyan", whole=True),
        Column("meaning", [_MEANINGS[name] for name, _ in shown]),
        Column("kinds", [(kinds_text(ledger.kinds[name]),) for name, _ in shown], rank=1, enough=24),
    ]
    return [*table(columns, width), *_below(ledger, width)]


def _below(ledger: Ledger, width: int | None) -> list[Text]:
    total = Text.assemble((f"{ledger.total:,} open", "bold"), f" of a limit of {limit_text(ledger.limit)}")
    stale = "1 object believes" if ledger.stale == 1 else f"{ledger.stale:,} objects believe"
    beside = f"beside these, {stale} to own a descriptor that is closed or something else by now: stale"
    return [
        *wrap(total, width),
        *(wrap(Text(beside, "yellow"), width) if ledger.stale else ()),
        Text(),
        *(line for command, what in _next(ledger) for line in wrap(Text(what), width, f"{command}  ", style="cyan")),
    ]


def _next(ledger: Ledger) -> list[tuple[str, str]]:
    """What to type, and what it tells."""
    told = [("leaks", "what keeps them, the largest cause first")] if ledger.total else []
    unowned = next((name for name in ("raw", "native") if ledger.classes[name]), None)
    example = unowned or next((name for name, count in ledger.classes.items() if count), None)
    return [*told, (f"io list --class {example}", "these alone")] if example else told
