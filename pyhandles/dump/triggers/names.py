"""Errors of those who misspell the name of a trigger, or of what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.dump.spelling import did_you_mean
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from collections.abc import Iterable


def unknown(what: str, text: str, names: Iterable[str], example: str) -> PyhandlesError:
    """That there is no such thing, with the nearest name that there is, or else an example, as the hint."""
    return PyhandlesError(f"there is no {what} {text!r}", hint=did_you_mean(text, names) or f"for example: {example}")
