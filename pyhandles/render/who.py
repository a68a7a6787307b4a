"""Who holds an address: a paragraph for each, and what could not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.findings.processes import UNSEEN
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.findings.who import Holder, Who


def who_page(answer: Who, width: int | None) -> list[Text]:
    lines = wrap(Text(f"{answer.failed.text}.", "bold red"), width) if answer.failed else []
    for holder in answer.holders:
        lines += [Text()] if lines else []
        lines += wrap(Text(f"{holder.text}.", "bold"), width)
        lines += definitions(_facts(holder), width)
    if not answer.holders:
        lines += wrap(Text(f"Nothing that could be seen holds {answer.address}."), width)
    rest = [
        ("note", answer.note),
        ("more", _more(answer.more)),
        ("unseen", (answer.unseen or "").removeprefix(UNSEEN)),
    ]
    return lines + _separate(answer) + definitions(((name, Text(text)) for name, text in rest if text), width)


def _separate(answer: Who) -> list[Text]:
    return [Text()] if answer.holders and (answer.note or answer.more or answer.unseen) else []


def _facts(holder: Holder) -> Iterator[tuple[str, Text]]:
    if holder.why is not None:
        yield "verdict", Text(holder.why.verdict.text)
        if holder.why.path:
            yield "path", Text(" → ".join(holder.why.path))
        yield "opened", Text(holder.site or "not recorded")
        if holder.why.cut:
            yield "cut", Text(holder.why.cut)
    for text in holder.evidence:
        yield "known", Text(text)
    yield "fix", Text(holder.advice, "green")


def _more(count: int) -> str | None:
    if not count:
        return None
    return f"{count:,} connection{'s' * (count > 1)} with this address, which may be in the way once these are gone"
