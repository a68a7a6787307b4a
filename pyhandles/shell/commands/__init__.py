"""The commands. To add one is to add a small class here and a line to the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.shell.commands.general import Help, Quit
from pyhandles.shell.commands.handles import IoList
from pyhandles.shell.commands.objects import Identify, Show, Why
from pyhandles.shell.commands.overview import Summary

if TYPE_CHECKING:
    from pyhandles.shell.commands.command import Command

COMMANDS: dict[str, Command] = {}
"""By name, in the order in which `help` shows them."""

COMMANDS.update(
    (command.name, command)
    for command in (
        Summary(),
        IoList(),
        Why(),
        Identify(),
        Show(),
        Help(COMMANDS),
        Quit(),
    )
)

ALIASES = {"exit": "quit", "?": "help"}
