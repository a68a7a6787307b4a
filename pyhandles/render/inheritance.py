"""What children get: the ways of making one in a table, then the descriptors that this is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, Forms, table
from pyhandles.render.handles import handle_columns, numbers_text
from pyhandles.render.pages import rest
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyhandles.findings.from_parent import FromParent
    from pyhandles.findings.inheritance import Heirloom, Inheritance, Way

_MOST_UNUSED = 20
_MOST_OTHERS = 3
_MOST_NUMBERS = 5


def inheritance_page(answer: Inheritance, width: int | None) -> list[Text]:
    """A line for each way, a table of what is worth a look, what came from the parent, what to do."""
    heading = Text(f"Of {_descriptors(answer.total)} that {_be(answer.total)} open, a child would get:", "bold")
    return [
        *wrap(heading, width),
        *_ways(answer, width),
        Text(),
        *_heirlooms(answer.page.rows, width),
        *rest(answer.page, width),
        *(_from_parent(answer.from_parent, width) if answer.from_parent else ()),
        *_below(answer, width),
    ]


def _ways(answer: Inheritance, width: int | None) -> list[Text]:
    columns = [
        Column("count", [(f"{way.count:,}",) for way in answer.ways], right=True, style="bold"),
        Column("way", [(way.way,) for way in answer.ways], style="cyan", whole=True),
        Column("which", [_which(way, answer) for way in answer.ways], rank=1, enough=12),
    ]
    return table(columns, width)


def _which(way: Way, answer: Inheritance) -> Forms:
    """In full, then shorter."""
    text, (head, _, _) = way.text, way.text.partition(",")
    chosen = answer.start_method
    if way.way == f"multiprocessing {chosen.method}":
        return (f"{text}; {chosen.text}", f"{head}; {chosen.text}", f"{head}; default")
    return (text, head)


def _heirlooms(rows: Sequence[Heirloom], width: int | None) -> list[Text]:
    if not rows:
        return []
    return [
        *wrap(Text("Inheritable, or in another process too:", "bold"), width),
        *table(handle_columns([row.handle for row in rows]), width),
        *definitions(_by_text((row.handle.fd, text) for row in rows for text in _elsewhere(row)), width),
    ]


def _elsewhere(row: Heirloom) -> list[str]:
    """The first few: a server may have a thousand workers. The same number, as after a fork, is not repeated."""
    number = f"fd {row.handle.fd} of "
    texts = [
        f"{text.removeprefix(number)}, has it, too" if text.startswith(number) else f"is {text}"
        for text in row.elsewhere[:_MOST_OTHERS]
    ]
    more = len(row.elsewhere) - len(texts)
    return [*texts, *([f"is in {more:,} other place{'s' * (more != 1)} too"] if more else [])]


def _from_parent(parent: FromParent, width: int | None) -> list[Text]:
    idle = parent.unused.total
    told = f"{idle:,} of them used by nobody here" if idle else "all of them are used here"
    heading = f"From the parent, {parent.parent}, came {_descriptors(len(parent.fds))} above 2, {told}"
    shown = parent.unused.rows[:_MOST_UNUSED]
    lines = [Text(), *wrap(Text(f"{heading}{':' if idle else '.'}", "bold"), width)]
    lines += table(handle_columns([row.handle for row in shown]), width)
    lines += definitions(_by_text((row.handle.fd, row.evidence) for row in shown), width)
    lines += [Text(f"… and {idle - len(shown):,} more", "dim")] if idle > len(shown) else []
    return [
        *lines,
        *definitions(
            (
                ("looked at", Text(", ".join(parent.looked_at), "dim")),
                ("mind", Text("; ".join(parent.unseen), "dim")),
            ),
            width,
        ),
    ]


def _by_text(pairs: Iterable[tuple[int | None, str]]) -> list[tuple[str, Text]]:
    """What is to be said of several numbers is said once."""
    numbers: dict[str, list[int]] = {}
    for fd, text in pairs:
        numbers.setdefault(text, []).append(fd or 0)
    return [(f"fd {numbers_text(fds, _MOST_NUMBERS)}", Text(text)) for text, fds in numbers.items()]


def _below(answer: Inheritance, width: int | None) -> list[Text]:
    pairs = [("fix", Text(text, "green")) for text in answer.advice]
    pairs += [("unseen", Text(text, "dim")) for text in answer.unseen]
    return [Text(), *definitions(pairs, width)] if pairs else []


def _descriptors(count: int) -> str:
    return "1 descriptor" if count == 1 else f"{count:,} descriptors"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"
