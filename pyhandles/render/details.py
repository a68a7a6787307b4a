"""One object: its facts, then what it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.columns import Column, table
from pyhandles.render.identification import object_text
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.show import Details, Referent


def details(answer: Details, width: int | None) -> list[Text]:
    facts = [
        ("type", answer.object.type),
        ("name", answer.name),
        ("location", answer.location),
        *((name, _plain(value)) for name, value in answer.special.items() if not isinstance(value, tuple)),
        ("size", f"{answer.size:,} bytes"),
        ("references to it", _referrers(answer)),
    ]
    lines = wrap(object_text(answer.object).copy(), width)
    lines += definitions(((name, Text(text)) for name, text in facts if text is not None), width)
    lists = [(name, value) for name, value in answer.special.items() if isinstance(value, tuple)]
    told = {(referent.label, referent.object.index) for _, value in lists for referent in value}
    for name, value in lists:
        lines += _referents(name, value, width)
    others = [ref for ref in answer.references if (ref.label, ref.object.index) not in told]
    lines += _referents("other references" if lists else "references", others, width)
    if answer.more:
        lines.append(Text(f"… and {answer.more:,} more (--all)", "dim"))
    return lines


def _referents(title: str, referents: Sequence[Referent], width: int | None) -> list[Text]:
    if not referents:
        return []
    columns = [
        Column("", [(f"  {referent.label}",) for referent in referents], keep="end", style="cyan", enough=30),
        Column("", [(f"{referent.object.address:#x}",) for referent in referents], style="dim", whole=True),
        Column("", [(referent.object.text,) for referent in referents], enough=30),
    ]
    return [Text(title, "bold"), *table(columns, width)[1:]]


def _referrers(answer: Details) -> str:
    count = "immortal" if answer.refcount is None else f"reference count {answer.refcount:,}"
    return f"{answer.referrer_count:,} in the snapshot, {count}"


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)
