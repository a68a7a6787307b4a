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
    """``summary``: what the command does, in a few words. ``details``: paragraphs that say more."""

    name: str
    usage: str
    summary: str
    details: tuple[str, ...]
    options: tuple[OptionHelp, ...]


def command_list(commands: list[CommandHelp], width: int | None) -> list[Text]:
    """A line for each command."""
    return [
        *definitions(((command.name, Text(command.summary)) for command in commands), width),
        Text(),
        *wrap(Text(_NAMES), width),
    ]


def command_page(command: CommandHelp, width: int | None) -> list[Text]:
    """All that there is to say of one command."""
    lines = wrap(Text(command.usage, "bold cyan"), width)
    for paragraph in (command.summary, *command.details):
        lines += [Text(), *wrap(Text(paragraph), width)]
    if command.options:
        lines += [Text(), *definitions(((option.name, Text(option.help)) for option in command.options), width)]
    return lines


_NAMES = (
    "Begin with `leaks`. `help COMMAND` tells more. X is 63 (a descriptor), 0x7f12… (an address), #1234 (an index) or "
    "*A (a mark of the last answer). X alone is `why X`."
)
