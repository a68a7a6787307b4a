"""From a typed line to a command and its arguments."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.shell.commands import ALIASES, COMMANDS
from pyhandles.shell.commands.command import ArgumentParser, Command
from pyhandles.shell.errors import BadArguments, UnknownCommand

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

_OBJECT_NAME = re.compile(r"\d+|0[xX][0-9a-fA-F]+|#\d+|\*[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class ParsedLine:
    command: Command
    arguments: Namespace


def parse(line: str) -> ParsedLine | None:
    """The command that the line means, None for an empty line. Raises UnknownCommand, BadArguments."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        hint = "Quote a word whole, or not at all."
        raise BadArguments(f"cannot read that line: {str(error).lower()}", hint) from None
    if not words:
        return None
    name, rest = split_name(words)
    if name is None:
        raise UnknownCommand(words[0], [*COMMANDS, *ALIASES])
    if "--help" in rest or "-h" in rest:
        name, rest = "help", name.split()
    command = COMMANDS[name]
    return ParsedLine(command, ArgumentParser(command).parse_words(rest))


def split_name(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The name of the command that the words begin with, None for none, and the words that follow it.

    The name of an object stands for `why` and itself.
    """
    for length in (2, 1):
        name = " ".join(words[:length])
        name = ALIASES.get(name, name)
        if name in COMMANDS:
            return name, words[length:]
    if words and _OBJECT_NAME.fullmatch(words[0]):
        return "why", words
    return None, words
