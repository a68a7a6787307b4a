"""Names with wildcards."""

from __future__ import annotations

import re
from difflib import get_close_matches
from fnmatch import translate
from typing import TYPE_CHECKING

from pyhandles.errors import UnknownObject
from pyhandles.snapshot.model import full_name

if TYPE_CHECKING:
    from collections.abc import Iterable


class Pattern:
    """``app.Connection``, ``app.*``, ``*Error``: as in a shell, where `*`, `?` and `[…]` stand for letters and dots."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.fits = re.compile(translate(text)).match
        self._is_wild = any(letter in text for letter in "*?[")

    def fits_name(self, module: str | None, qualname: str | None) -> bool:
        """Whether it is the name, or the end of the name: ``Connection`` fits ``app.Connection``.

        With wildcards it is the whole name, the name within the module, or the last part.
        """
        full = full_name(module, qualname)
        if not self._is_wild:
            return full == self.text or full.endswith(f".{self.text}")
        return any(map(self.fits, {full, qualname or full, full.rpartition(".")[2]}))

    def unknown(self, what: str, known: Iterable[str], hint: str) -> UnknownObject:
        """The error that nothing is called so: with the name that looks most like it, or with the hint."""
        if self._is_wild:
            return UnknownObject(f"no {what} fits {self.text!r}", hint)
        by_letters: dict[str, str] = {}
        for name in known:
            by_letters.setdefault(name.lower(), name)
            by_letters.setdefault(name.lower().rpartition(".")[2], name)
        close = get_close_matches(self.text.lower(), by_letters, n=1)
        told = f"Did you mean {by_letters[close[0]]}?" if close else hint
        return UnknownObject(f"no {what} is called {self.text!r}", told)
