r"""The one place where text out of a snapshot is made fit for a terminal.

A snapshot may come from a stranger: names, paths and keys in it can hold terminal escapes, line breaks, or the
marks that turn the direction of writing. Each is shown as Python would write it in a string, ``\x1b``. Renderers
get cleaned dataclasses, so none of them can forget.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

_UNFIT = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls, among them escape and its eight-bit kin
    "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # no width, line breaks, and the direction of writing
    "\ud800-\udfff"  # surrogates: bytes of a file name that are no UTF-8, which no stream can encode
    "\U000e0000-\U000e007f"  # tags, which show nothing
    "]"
)


def clean_text(text: str) -> str:
    """The text with everything that a terminal would act upon written as an escape."""
    return _UNFIT.sub(_escape, text)


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


def _escape(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")
