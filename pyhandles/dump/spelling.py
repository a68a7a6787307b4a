"""What somebody may have meant who misspelt a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the closest of the known words, in whatever case, or None where none is close."""
    from difflib import get_close_matches  # noqa: PLC0415 - a service that starts has no use for it

    folded = {each.casefold(): each for each in known}
    close = get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean {folded[close[0]]}?" if close else None
