"""What can go wrong between a typed line and a command."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnknownCommand(PyhandlesError):  # noqa: N818 - it says what it is
    """The line begins with no command and no name of an object."""

    hint = "`help` lists the commands."

    def __init__(self, word: str, commands: Iterable[str]) -> None:
        super().__init__(f"no command {word!r}", did_you_mean(word, commands))


class BadArguments(PyhandlesError):  # noqa: N818 - it says what it is
    """The command is known, what follows it is not what it takes."""


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint that names the closest of the known words, or None where none is close."""
    known = list(known)
    close = get_close_matches(word.lower(), known, n=1) or [name for name in known if name.startswith(word.lower())]
    return f"Did you mean `{close[0]}`?" if word and close else None
