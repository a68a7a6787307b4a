"""The command that shows loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import cycles
from pyhandles.shell.commands.command import OBJECT
from pyhandles.shell.commands.naming import named_by
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.pages import Page
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Cycles:
    """Show the cycles that hold descriptors, those that hold most first, each as one short loop.

    A cycle holds what is in it, and what hangs on it alone. `cycles X` shows those that X is in or hangs on, nearest
    first. Among what is alive, references to classes and modules do not count: they tie everything to everything. Where
    a root reaches the cycle, "entered by" is the reference that leads into it.
    """

    name = "cycles"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar=OBJECT, nargs="?", help="63, 0x7f12…, #1234 or *A")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[cycles.Cycle]:
        indices = None if arguments.name is None else named_by(session, arguments).indices
        return cycles.cycles(session.snapshot, indices, **part(arguments))
