"""One object: its facts, then what it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
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
    lines = wrap(object_text(answer.object), width)
    lines += definitions(((name, Text(text)) for name, text in facts if text is not None), width)
    lists = [(name, value) for name, value in answer.special.items() if isinstance(value, tuple)]
    told = {(referent.label, referent.object.index) for _, value in lists for referent in value}
    for name, value in lists:
        lines += _referents(name, value, [_short_label(referent) for referent in value], width)
    others = [ref for ref in answer.references if (ref.label, ref.object.index) not in told]
    title = "other references" if lists else "references"
    lines += _referents(title, others, [referent.label for referent in others], width)
    if answer.more:
        lines.append(Text(f"… and {answer.more:,} more (--all)", "dim"))
    return lines


def _referents(title: str, referents: Sequence[Referent], labels: Sequence[str], width: int | None) -> list[Text]:
    if not referents:
        return []
    short = width is None or max(map(cell_len, labels)) <= width // 3
    columns = [
        Column("", [(f"  {label}",) for label in labels], keep="end", style="cyan", whole=short),
        Column("", [(f"{referent.object.address:#x}",) for referent in referents], style="dim", whole=True),
        Column("", [(referent.object.text,) for referent in referents]),
    ]
    return [Text(title, "bold"), *table(columns, width)[1:]]


def _short_label(referent: Referent) -> str:
    """``.sock`` of ``attribute .sock``: what it is stands above it."""
    return referent.label.partition(" ")[2] or referent.label


def _referrers(answer: Details) -> str:
    count = "immortal" if answer.refcount is None else f"reference count {answer.refcount:,}"
    return f"{answer.referrer_count:,} in the snapshot, {count}"


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)
