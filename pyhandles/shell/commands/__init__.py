"""The commands. To add one is to add a small class here and a line to the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.shell.commands.blame import Blame
from pyhandles.shell.commands.calls import Calls
from pyhandles.shell.commands.closed import Closed
from pyhandles.shell.commands.cycles import Cycles
from pyhandles.shell.commands.diff import Diff
from pyhandles.shell.commands.fd import Fd
from pyhandles.shell.commands.general import Help, Quit
from pyhandles.shell.commands.handles import IoList, Ledger
from pyhandles.shell.commands.inherit import Inherit
from pyhandles.shell.commands.leaks import Leaks
from pyhandles.shell.commands.misuse import Misuse
from pyhandles.shell.commands.objects import Identify, Show, Why
from pyhandles.shell.commands.overview import Count, Roots, Summary, Symbols
from pyhandles.shell.commands.polls import Polls
from pyhandles.shell.commands.references import Inrefs, Outrefs, Path
from pyhandles.shell.commands.retained import Largest, Reachable, Retained
from pyhandles.shell.commands.search import Find
from pyhandles.shell.commands.source import Source
from pyhandles.shell.commands.threads import Tasks, Threads
from pyhandles.shell.commands.trace import Trace
from pyhandles.shell.commands.who import Who

if TYPE_CHECKING:
    from pyhandles.shell.commands.command import Command

COMMANDS: dict[str, Command] = {}
"""By name, in the order in which `help` shows them."""

COMMANDS.update(
    (command.name, command)
    for command in (
        Summary(),
        Leaks(),
        Ledger(),
        Blame(),
        Cycles(),
        IoList(),
        Why(),
        Identify(),
        Show(),
        Find(),
        Path(),
        Inrefs(),
        Outrefs(),
        Fd(),
        Calls(),
        Trace(),
        Misuse(),
        Inherit(),
        Closed(),
        Who(),
        Diff(),
        Count(),
        Roots(),
        Retained(),
        Reachable(),
        Largest(),
        Threads(),
        Tasks(),
        Polls(),
        Symbols(),
        Source(),
        Help(COMMANDS),
        Quit(),
    )
)

ALIASES = {"exit": "quit", "?": "help"}
