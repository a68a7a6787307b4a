"""A descriptor number: what it is, where it comes from, what was done to it, what was wrong with that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.findings.moments import clock_text, span_text
from pyhandles.render.handles import handle_text, role_text
from pyhandles.render.misuses import misuse_list
from pyhandles.render.overview import time_text
from pyhandles.render.trace import trace_page
from pyhandles.render.wrapping import NO_BREAK, definitions, wrap

if TYPE_CHECKING:
    from pyhandles.findings.biography import Biography, Origin
    from pyhandles.findings.handles import Handle
    from pyhandles.findings.trace import Trace


def biography_page(answer: Biography, width: int | None) -> list[Text]:
    lines = wrap(_head(answer), width)
    if answer.handle and answer.handle.role:
        lines += wrap(role_text(answer.handle.role), width)
    lines += definitions(((name, text) for name, text in _facts(answer) if text), width)
    lines += [Text(), *trace_page(_events(answer), width, answer.moment)]
    if answer.misuses:
        lines += [Text(), *misuse_list(answer.misuses, width)]
    return lines


def _head(answer: Biography) -> Text:
    return handle_text(answer.handle) if answer.handle else Text.assemble((f"fd {answer.fd}", "bold"), "  closed")


def _facts(answer: Biography) -> list[tuple[str, Text]]:
    owners = answer.handle.owners if answer.handle else ()
    holder = answer.handle.holder if answer.handle else None
    facts = [
        ("owner", Text(" + ".join(f"{owner.type} at{NO_BREAK}{owner.address:#x}" for owner in owners))),
        ("holder", Text(holder or "")),
        *(("claimed", _stale(handle)) for handle in answer.stale),
        *_companions(answer.handle),
    ]
    if answer.origin is None:
        return [*facts, ("opened", Text(_unseen(answer)))]
    stack = (("", Text(site)) for site in answer.origin.stack)
    return [*facts, ("opened", _opening(answer.origin, answer.moment)), *stack]


def _companions(handle: Handle | None) -> list[tuple[str, Text]]:
    return [(name, Text(text)) for name, text in handle.companions.facts()] if handle else []


def _stale(handle: Handle) -> Text:
    owner = handle.owners[0]
    holder = f", {handle.holder}" if handle.holder else ""
    return Text(f"by {owner.type} at{NO_BREAK}{owner.address:#x}{holder}: it is stale", "yellow")


def _unseen(answer: Biography) -> str:
    """Why there is nothing to say of the opening of what is open."""
    if answer.handle is None:
        return ""
    if answer.at_start:
        return "before pyhandles was installed"
    return "not recorded: by a call that is not seen, as those within the C library are not"


def _opening(origin: Origin, moment: int) -> Text:
    who = f", by thread {origin.thread}" if origin.thread else ""
    if origin.process is not None:
        who = f", by process {origin.process}, from which this one was forked"
    nth = f"; opening {origin.nth:,} of this number" if origin.nth > 1 else ""
    when = f"{time_text(origin.time / 10**9).partition(' ')[0]} {clock_text(origin.time)} UTC"
    before = f", {span_text(moment - origin.time)} before the snapshot" if moment >= origin.time else ""
    return Text(f"{when}{before}{who}: {origin.call}(){nth}")


def _events(answer: Biography) -> Trace:
    """Every stack, or none: the one that says most stands above."""
    if answer.stacks:
        return answer.events
    return replace(answer.events, rows=tuple(replace(call, stack=None) for call in answer.events.rows))
