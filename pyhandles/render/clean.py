r"""The one place where text out of a snapshot is made fit for a terminal.

A snapshot may come from a stranger: names, paths and keys in it can hold terminal escapes, line breaks, the marks
that turn the direction of writing, and bytes that are no text. Whatever `repr` would not print is shown as Python
would write it in a string, ``\x1b``. Renderers get cleaned dataclasses, so none of them can forget.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any


def clean_text(text: str) -> str:
    """The text with everything that a terminal would act upon written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def clean(value: Any) -> Any:
    """A copy of a finding, a document or any nest of them with every text in it cleaned."""
    if isinstance(value, str):
        return clean_text(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: clean(getattr(value, f.name)) for f in fields(value) if f.init})
    if isinstance(value, Mapping):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(clean(item) for item in value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
