"""What a command is."""

from __future__ import annotations

import argparse
import re
from inspect import cleandoc
from typing import TYPE_CHECKING, NoReturn, Protocol

from pyhandles.shell.errors import BadArguments, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyhandles.shell.session import Session

OBJECT = "X"
"""Stands in a usage for whatever names an object: ``63``, ``0x7f12…``, ``#1234``, ``*A``."""

DESCRIPTOR = "N"
"""Stands in a usage, before any option, for the number of a descriptor."""

ADDRESS = "ADDRESS"
"""Stands in a usage for the address of a socket."""

COMMAND = "COMMAND"
"""Stands in a usage for the name of a command."""

FILE = "FILE"
"""Begins, in a usage, what names a snapshot."""

_WHOLE_NUMBER = re.compile(r"0*[1-9][0-9]{0,17}")


class Command(Protocol):
    """One command of the shell.

    Its class's docstring is its help: the first line says in a few words what it does. It parses, calls a finding,
    and gives back what the finding found; showing that is not its work.
    """

    @property
    def name(self) -> str:
        """One word or two, as typed."""
        ...

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        ...

    def run(self, session: Session, arguments: argparse.Namespace) -> object:
        """The answer: a dataclass that the renderers know, or a list of them. Raises PyhandlesError."""
        ...


class ArgumentParser(argparse.ArgumentParser):
    """Parses the words after a command's name; what does not fit is a BadArguments, and nothing exits."""

    def __init__(self, command: Command) -> None:
        super().__init__(prog=command.name, add_help=False, allow_abbrev=False)
        command.arguments(self)

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse; raises BadArguments, whose hint is a near option or else the usage."""
        arguments, unknown = self.parse_known_args(list(words))
        if unknown:
            options = [option for option, _, _ in self.options()]
            hint = did_you_mean(unknown[0], options) if unknown[0].startswith("-") else None
            raise BadArguments(f"{self.prog} does not take {unknown[0]!r}", hint or self._usage_hint())
        return arguments

    def error(self, message: str) -> NoReturn:
        raise BadArguments(f"{self.prog}: {message}", self._usage_hint())

    def usage_line(self) -> str:
        """The name and what may follow it: ``identify X [--raw] [--depth N]``."""
        options = [f"[{option} {value}]" if value else f"[{option}]" for option, value, _ in self.options()]
        positionals = [f"[{name}]" if optional else name for name, optional in self.positionals()]
        return " ".join([self.prog, *positionals, *options])

    def positionals(self) -> Iterator[tuple[str, bool]]:
        """What each positional argument is called, and whether it can be left out."""
        for action in self._actions:
            if not action.option_strings:
                yield str(action.metavar), action.nargs in {"?", "*"}

    def options(self) -> Iterator[tuple[str, str, str]]:
        """Each option: its name, what its value is called ("" if it takes none), its help."""
        for action in self._actions:
            if action.option_strings:
                value = "" if action.nargs == 0 else str(action.metavar)
                yield action.option_strings[0], value, action.help or ""

    def _usage_hint(self) -> str:
        return f"Usage: `{self.usage_line()}`."


def help_paragraphs(command: Command) -> list[str]:
    """The paragraphs of the command's docstring, each one line; the first says in a few words what it does."""
    return [" ".join(paragraph.split()) for paragraph in cleandoc(type(command).__doc__ or "").split("\n\n")]


def whole_number(text: str) -> int:
    """An argument that is a number from 1 up."""
    if not _WHOLE_NUMBER.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)
