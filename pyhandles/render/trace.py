"""Recorded calls: a line each, what is to be said of one below it; on a narrow terminal, a paragraph each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.findings.moments import clock_text, span_text
from pyhandles.render.columns import Column, shorten, table
from pyhandles.render.overview import time_text
from pyhandles.render.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pyhandles.findings.trace import Trace, TracedCall

NARROW = 72
"""Cells: below this, a table would have to cut what was called, or where."""

THREAD = 12
"""Cells: of a thread's name, so many say enough where there is no room for all of it."""

_STEP = "  "


def trace_page(answer: Trace, width: int | None, moment: int | None = None) -> list[Text]:
    """moment: also tell how long before this each was, nanoseconds since 1970."""
    layout = _paragraphs if width is not None and width < NARROW else _lines
    heading = wrap(Text(_span(answer.rows), "bold"), width) if answer.rows else []
    return [*heading, *layout(answer.rows, width, moment), *_rest(answer, width)]


def _lines(calls: Sequence[TracedCall], width: int | None, moment: int | None) -> list[Text]:
    if not calls:
        return []
    columns = [
        Column("time", _clocks(calls), whole=True, style="dim"),
        Column("ago", [(_ago(call, moment),) for call in calls], right=True, rank=2, style="dim"),
        Column("thread", [(call.thread, shorten(call.thread, THREAD, "end")) for call in calls]),
        Column("call", [_call_forms(call) for call in calls], style="cyan"),
        Column("result", [_result_forms(call) for call in calls]),
        Column(
            "took", [(span_text(call.nanoseconds) if call.nanoseconds else "",) for call in calls], right=True, rank=1
        ),
        Column("site", [_site_forms(call) for call in calls], keep="end"),
    ]
    title, *rows = table(columns, width)
    lines = [title]
    for position, (call, row) in enumerate(zip(calls, rows, strict=True)):
        if call.between:
            row.stylize("dim")
        lines += [*_date(calls, position), row, *_below(call, width)]
    return lines


def _span(calls: Sequence[TracedCall]) -> str:
    """From when to when."""
    first, last = calls[0].time // 10**9, calls[-1].time // 10**9
    begin, end = time_text(first).removesuffix(" UTC"), time_text(last)
    return f"{begin} to {end.split(maxsplit=1)[1] if _day(calls[0]) == _day(calls[-1]) else end}"


def _clocks(calls: Sequence[TracedCall]) -> list[tuple[str, ...]]:
    """Times of the day; where the hour, or the hour and the minute, are the same for all, they can be left out."""
    clocks = [clock_text(call.time) for call in calls]
    same = [start for start in (3, 6) if len({clock[:start] for clock in clocks}) == 1]
    return [(clock, *(clock[start:] for start in same if _day(calls[0]) == _day(calls[-1]))) for clock in clocks]


def _ago(call: TracedCall, moment: int | None) -> str:
    return "" if moment is None or moment < call.time else span_text(moment - call.time)


def _paragraphs(calls: Sequence[TracedCall], width: int | None, moment: int | None) -> list[Text]:
    lines: list[Text] = []
    for position, call in enumerate(calls):
        lines += _date(calls, position)
        style = "dim" if call.between else ""
        indent = _STEP if call.between else ""
        heading = Text.assemble((clock_text(call.time), "dim"), " ", (call.thread, style))
        heading.append(f", {ago} ago" if (ago := _ago(call, moment)) else "", "dim")
        what = Text.assemble((f"{call.call}({call.arguments})", style or "cyan"), (f" = {call.outcome}", style))
        lines += wrap(heading, width, indent)
        lines += wrap(what, width, indent + _STEP)
        lines += wrap(Text(call.site or "", "dim"), width, indent + _STEP) if call.site else []
        lines += _below(call, width)
    return lines


def _below(call: TracedCall, width: int | None) -> list[Text]:
    """What is to be said of the call, and its stack."""
    notes = [Text(note, "yellow") for note in call.notes]
    notes += [
        Text(text, "bold red" if i == 0 else "red") for i, text in enumerate(call.misuse.texts if call.misuse else ())
    ]
    lines = [line for note in notes for line in wrap(note, width, f"{_STEP}└ ")]
    return lines + [line for site in call.stack or () for line in wrap(Text(site, "dim"), width, _STEP * 2)]


def _date(calls: Sequence[TracedCall], position: int) -> list[Text]:
    """The date, where it is another than that of the call before."""
    day = _day(calls[position])
    return [Text(f"{day}", "bold")] if position and day != _day(calls[position - 1]) else []


def _day(call: TracedCall) -> date:
    return datetime.fromtimestamp(call.time // 10**9, UTC).date()


def _call_forms(call: TracedCall) -> tuple[str, ...]:
    indent = _STEP if call.between else ""
    full = f"{indent}{call.call}({call.arguments})"
    name = call.arguments.rpartition("/")[2]
    short = f'{indent}{call.call}("…/{name})' if call.arguments.startswith('"') and "/" in call.arguments else full
    return (full, short)


def _result_forms(call: TracedCall) -> tuple[str, ...]:
    return (f"= {call.outcome}", f"= {call.outcome.partition(' (')[0]}", call.errno or f"= {call.result}")


def _site_forms(call: TracedCall) -> tuple[str, ...]:
    site = call.site or ""
    return (site, site.partition(" in ")[0])


def _rest(answer: Trace, width: int | None) -> list[Text]:
    """How many more there are, and what is not in memory."""
    texts = []
    shown = sum(not call.between for call in answer.rows)
    if not answer.total:
        texts.append("no such call is in memory")
    elif answer.oldest is not None and answer.total > shown:
        earlier = answer.total - shown
        calls = f"{earlier:,} earlier call{'s' * (earlier > 1)}"
        texts.append(f"… after {calls}, back to {clock_text(answer.oldest)} (--last {answer.total})")
    if answer.recorded > answer.kept:
        told = f"of {answer.recorded:,} calls since {time_text(answer.since // 10**9)}, {answer.kept:,} in memory"
        if answer.complete_since is not None:
            told += f": all from {clock_text(answer.complete_since)} on, not all before"
        texts.append(told)
    return [line for text in texts for line in wrap(Text(text, "dim"), width)]
