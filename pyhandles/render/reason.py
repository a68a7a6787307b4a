"""Five lines: what it is, the verdict, the path, where it was opened, what to cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pyhandles.render.handles import handle_text, role_text
from pyhandles.render.identification import object_text, verdict_text
from pyhandles.render.wrapping import NO_BREAK, definitions, wrap

if TYPE_CHECKING:
    from pyhandles.findings.why import Why


def reason(why: Why, width: int | None) -> list[Text]:
    lines = wrap(_head(why), width)
    if why.role:
        lines += wrap(role_text(why.role), width)
    lines += wrap(verdict_text(why.verdict), width)
    rest = [
        ("path", " → ".join(why.path)),
        ("opened", why.opened_at or "not recorded"),
        ("misuse", f"{', '.join(why.misuse)}: see `fd {why.handle.fd}`" if why.misuse and why.handle else ""),
        *(why.handle.companions.facts() if why.handle else ()),
        *(("closed", text) for text in why.lingering),
        ("cut", why.cut or ""),
        ("also", f"{' → '.join(why.also)}: holds it, too" if why.also else ""),
        ("fix", why.advice or ""),
    ]
    return lines + definitions(((name, Text(text)) for name, text in rest if text), width)


def _head(why: Why) -> Text:
    """What was asked for. Of an owner only the address: its descriptor stands before it, its type ends the path."""
    if why.handle is None:
        return Text() if why.object is None else object_text(why.object)
    if why.object is None:
        return handle_text(why.handle)
    return handle_text(why.handle).append("  ").append(f"at{NO_BREAK}{why.object.address:#x}", "dim")
