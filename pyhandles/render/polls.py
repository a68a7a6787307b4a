"""Sets that are waited in: who has and who uses each, what it watches, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyhandles.findings.polls import Polled, PollSet

_SHOWN = 20
_STEP = "  "


def poll_list(sets: Sequence[PollSet], width: int | None) -> list[Text]:
    """A paragraph each."""
    lines: list[Text] = []
    for each in sets:
        lines += [Text()] if lines else []
        lines += wrap(Text(each.text, "bold"), width)
        lines += definitions(_facts(each), width)
        lines += _watched(each.watched, width)
        for problem in each.problems:
            lines += wrap(Text(problem, "red"), width, "→ ", "  ")
        lines += definitions([("fix", Text(each.advice, "green"))], width) if each.advice else []
    return lines


def _facts(each: PollSet) -> Iterator[tuple[str, Text]]:
    if each.owner:
        yield "owner", Text(each.owner).append(f"  {each.address:#x}", "dim")
    if each.holder:
        yield "holder", Text(each.holder)
    if each.role and each.role != f"{each.owner} object":
        yield "role", Text(each.role)
    if each.also:
        yield "also", Text(f"fd {', '.join(map(str, each.also))}")


def _watched(watched: Sequence[Polled], width: int | None) -> list[Text]:
    """Those that are not as they should be first, the first of many."""
    shown = sorted(watched, key=lambda each: (each.state == "ok", each.fd))[:_SHOWN]
    columns = [
        Column("fd", [(str(each.fd),) for each in shown], right=True, style="bold", whole=True),
        Column("state", [(each.state,) for each in shown], style="cyan", whole=True),
        Column("waits for", [(each.events or "",) for each in shown], rank=1),
        Column("there now", [(each.target or "-",) for each in shown]),
        Column("role", [(each.role or "",) for each in shown], rank=2),
    ]
    inner = None if width is None else width - len(_STEP)
    lines = [Text(_STEP) + line for line in table(columns, inner)]
    more = len(watched) - len(shown)
    return [*lines, *wrap(Text(f"… and {more:,} more (--format json has all)", "dim"), width, _STEP)] if more else lines
