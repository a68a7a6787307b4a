"""The first page: how full the descriptor table was, with what, and how the snapshot came about."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.handles import counts_text
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from pyhandles.findings.summary import Collector, Summary


def overview(summary: Summary, width: int | None) -> list[Text]:
    return [
        *wrap(_table_text(summary), width),
        *definitions(
            (
                ("kinds", Text(counts_text(summary.kinds) or "-")),
                ("owners", Text(counts_text(summary.owners) or "-")),
                ("process", Text(f"pid {summary.pid}  {shlex.join(summary.argv)}")),
                ("captured", Text(f"{_time(summary.time)} by {_trigger(summary)}")),
                ("python", Text(summary.python)),
                ("collector", _collector(summary.gc)),
                ("heap", Text(f"{summary.objects:,} objects, {summary.references:,} references")),
            ),
            width,
        ),
    ]


def limit_text(limit: int | None) -> str:
    return "unlimited" if limit is None else f"{limit:,}"


def _table_text(summary: Summary) -> Text:
    full = summary.soft_limit is not None and summary.open >= summary.soft_limit - 1
    return Text.assemble(
        (f"{summary.open:,} descriptors open", "bold red" if full or summary.limit_met else "bold"),
        f", soft limit {limit_text(summary.soft_limit)}, hard limit {limit_text(summary.hard_limit)}",
        Text.assemble("; limit met: ", (summary.limit_met, "bold")) if summary.limit_met else "",
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _trigger(summary: Summary) -> str:
    errno = summary.errno
    return summary.trigger if errno is None or errno.lower() == summary.trigger else f"{summary.trigger} ({errno})"


def _collector(collector: Collector) -> Text:
    state = Text("enabled") if collector.enabled else Text("disabled", "bold red")
    if collector.collecting:
        state.append(", collecting at that moment", "bold red")
    thresholds, counts, runs = (
        ", ".join(map(str, numbers)) for numbers in (collector.thresholds, collector.counts, collector.collections)
    )
    return state.append(f"; thresholds {thresholds}; counts {counts}; collections {runs}")
