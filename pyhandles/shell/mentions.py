"""The names of objects that an answer mentions, for completing the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.render.clean import clean_text

if TYPE_CHECKING:
    from pyhandles.render.documents import Document


def mentions(document: Document) -> dict[str, str]:
    """Each descriptor number, address and mark in a document → what it is, in a few words; in their order."""
    found: dict[str, str] = {}
    waiting: list[object] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            what = clean_text(str(value.get("target") or value.get("text") or value.get("type") or ""))
            if isinstance(value.get("object"), dict):
                what = clean_text(str(value["object"]["text"]))
            for name in (value.get("mark"), value.get("fd"), value.get("address")):
                if name is not None:
                    found.setdefault(str(name), what)
            waiting.extend(reversed(value.values()))
    return found
