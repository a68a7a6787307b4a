"""Calls as strace counts them: a line for each, sums, and what is wrong with some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, Forms, table
from pyhandles.render.handles import counts_text
from pyhandles.render.overview import time_text
from pyhandles.render.pages import rest
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.calls import CallCount, CallList, CallSum


def call_table(answer: CallList, width: int | None) -> list[Text]:
    """What this process called, then apart from it what forked children did."""
    rows = answer.page.rows
    own, children = ([row for row in rows if row.children is apart] for apart in (False, True))
    lines = _part(own, answer.own, width)
    if answer.children.count:
        lines += [Text()] if lines else []
        lines += wrap(Text("in forked children, before they ran another program", "bold"), width)
        lines += _part(children, answer.children, width)
    return [*lines, *rest(answer.page, width), *wrap(Text(f"since {time_text(answer.since)}", "dim"), width)]


def _part(rows: Sequence[CallCount], total: CallSum, width: int | None) -> list[Text]:
    if not total.count:
        return []
    columns = [
        Column("calls", [(f"{row.count:,}",) for row in rows], right=True, style="bold"),
        Column("failed", [_error_forms(row) for row in rows], style="red", rank=1, enough=28),
        Column("seconds", [(f"{row.seconds:.6f}",) for row in rows], right=True, rank=2),
        Column("µs each", [(f"{row.seconds / row.count * 1e6:,.1f}",) for row in rows], right=True, rank=3),
        Column("call", [(row.call or "",) for row in rows], style="cyan"),
        Column("at", [_site_forms(row) for row in rows], enough=30),
    ]
    lines = table(columns, width) if rows else []
    lines += wrap(Text(_total_text(total), "dim"), width)
    for row in rows:
        if row.note:
            lines += wrap(Text(row.note, "yellow"), width, "→ ", "  ")
    return lines


def _error_forms(row: CallCount) -> Forms:
    """``1,021 EBADF, 2 EINTR``, then only how many."""
    return (counts_text(row.errors), f"{row.failed:,}") if row.errors else ("",)


def _site_forms(row: CallCount) -> Forms:
    """``pool.py:88 in Pool.get``, then without the function."""
    if row.site is None:
        return (f"{row.sites:,} sites" if row.sites > 1 else "1 site",)
    return (row.site, row.site.partition(" in ")[0])


def _total_text(total: CallSum) -> str:
    failed = f", {total.failed:,} failed" if total.failed else ""
    return f"{total.count:,} call{'s' * (total.count != 1)}{failed}, {total.seconds:.6f} s"
