"""Help: the commands in one page, or one command in full."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from pyhandles.render.wrapping import definitions, wrap


@dataclass(frozen=True, slots=True)
class OptionHelp:
    name: str
    help: str


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """``help``: its first line says in a few words what the command does, the rest says more."""

    name: str
    usage: str
    help: str
    options: tuple[OptionHelp, ...]


def command_list(commands: list[CommandHelp], width: int | None) -> list[Text]:
    """A line for each command."""
    return [
        *definitions(((command.name, Text(command.help.splitlines()[0])) for command in commands), width),
        Text(),
        *wrap(Text(_NAMES), width),
    ]


def command_page(command: CommandHelp, width: int | None) -> list[Text]:
    """All that there is to say of one command."""
    lines = [Text(command.usage, "bold cyan")]
    for paragraph in command.help.split("\n\n"):
        lines += [Text(), *wrap(Text(" ".join(paragraph.split())), width)]
    if command.options:
        lines += [Text(), *definitions(((option.name, Text(option.help)) for option in command.options), width)]
    return lines


_NAMES = (
    "`help COMMAND` tells more. X is 63 (a descriptor), 0x7f12… (an address), #1234 (an index) or *A (a mark of the "
    "last answer). X alone is `why X`."
)
