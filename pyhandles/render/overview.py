"""The first page: how full the descriptor table was, with what, and how the snapshot came about."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.growth import grown
from pyhandles.render.handles import counts_text, kinds_text
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.findings.failed_call import FailedCall
    from pyhandles.findings.summary import Collector, Summary


def overview(summary: Summary, width: int | None) -> list[Text]:
    return [
        *wrap(_table_text(summary), width),
        *definitions(
            (
                ("kinds", Text(kinds_text(summary.kinds) or "-")),
                ("owners", Text(counts_text(summary.owners) or "-")),
                ("process", Text(f"pid {summary.pid}  {shlex.join(summary.argv)}")),
                ("captured", Text(f"{time_text(summary.time)} by {_trigger(summary)}")),
                *((("failed", _failed(summary.failed_call)),) if summary.failed_call else ()),
                ("python", Text(summary.python)),
                ("collector", _collector(summary.gc)),
                *((("misuse", _misuse(summary.misuse)),) if summary.misuse else ()),
                *((("closed", _closed(summary.closed)),) if summary.closed else ()),
                ("heap", Text(f"{summary.objects:,} objects, {summary.references:,} references")),
            ),
            width,
        ),
        *(grown(summary.grown, width) if summary.grown is not None else ()),
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


def time_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _trigger(summary: Summary) -> str:
    errno = summary.errno
    says_it = errno is None or summary.trigger in {errno.lower(), f"errno:{errno}"}
    return summary.trigger if says_it else f"{summary.trigger} ({errno})"


def _failed(call: FailedCall) -> Text:
    return Text.assemble((call.text, "bold red"), ": see `who`" if call.address else "")


def _misuse(kinds: Mapping[str, int]) -> Text:
    number = "1 kind" if len(kinds) == 1 else f"{len(kinds)} kinds"
    return Text.assemble((f"{number} of misuse of descriptors", "bold red"), f" ({', '.join(kinds)}): see `misuse`")


def _closed(kinds: Mapping[str, int]) -> Text:
    number = sum(kinds.values())
    told = ", ".join(kinds) if len(kinds) == 1 else counts_text(kinds)
    return Text.assemble((f"closed, but not gone: {number:,}", "bold red"), f" ({told}): see `closed`")


def _collector(collector: Collector) -> Text:
    state = Text("enabled") if collector.enabled else Text("disabled", "bold red")
    if collector.collecting:
        state.append(", collecting at that moment", "bold red")
    thresholds, counts, runs = (
        ", ".join(map(str, numbers)) for numbers in (collector.thresholds, collector.counts, collector.collections)
    )
    return state.append(f"; thresholds {thresholds}; counts {counts}; collections {runs}")
