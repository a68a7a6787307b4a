"""Commands about the shell itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.render.help import CommandHelp, OptionHelp
from pyhandles.shell.commands.command import COMMAND, ArgumentParser, Command, help_paragraphs
from pyhandles.shell.errors import UnknownCommand

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from pyhandles.shell.session import Session


class Leave(Exception):  # noqa: N818 - the user's wish, no error
    """No further command is to run."""


class Help:
    """List the commands, or tell what one does and takes.

    `identify --help` is `help identify`.
    """

    name = "help"

    def __init__(self, commands: Mapping[str, Command]) -> None:
        self._commands = commands

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("words", metavar=COMMAND, nargs="*", help="one of the commands")

    def run(self, session: Session, arguments: Namespace) -> list[CommandHelp] | CommandHelp:  # noqa: ARG002
        if not arguments.words:
            return [_help(command) for command in self._commands.values()]
        name = " ".join(arguments.words)
        if name not in self._commands:
            raise UnknownCommand(name, self._commands)
        return _help(self._commands[name])


class Quit:
    """Leave the shell. Ctrl-D and `exit` do the same."""

    name = "quit"

    def arguments(self, parser: ArgumentParser) -> None:
        """Nothing."""

    def run(self, session: Session, arguments: Namespace) -> object:  # noqa: ARG002
        raise Leave


def _help(command: Command) -> CommandHelp:
    parser = ArgumentParser(command)
    summary, *details = help_paragraphs(command)
    return CommandHelp(
        command.name,
        parser.usage_line(),
        summary,
        tuple(details),
        tuple(OptionHelp(f"{option} {value}".strip(), text) for option, value, text in parser.options()),
    )
