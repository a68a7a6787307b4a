"""Five lines: what it is, the verdict, the path, where it was opened, what to cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.handles import handle_text
from pyhandles.render.identification import object_text, verdict_text
from pyhandles.render.wrapping import definitions, wrap

if TYPE_CHECKING:
    from pyhandles.findings.why import Why


def reason(why: Why, width: int | None) -> list[Text]:
    head = []
    if why.handle:
        head.append(handle_text(why.handle))
    if why.object:
        head.append(object_text(why.object))
    lines = wrap(Text("  ").join(head), width) if head else []
    lines += wrap(verdict_text(why.verdict), width)
    rest = [
        ("path", " → ".join(why.path)),
        ("opened", why.opened_at or "not recorded"),
        ("cut", why.cut or ""),
    ]
    return lines + definitions(((name, Text(text)) for name, text in rest if text), width)
