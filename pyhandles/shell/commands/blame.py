"""The command that names the references to cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import blame
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.pages import Page
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Blame:
    """List the references whose clearing alone would release descriptors, the most first.

    Each is the only reference that keeps its target, and all that hangs on it, alive: `show TARGET` shows what that is.
    References that would release the same are told once. What only a cycle keeps is not here: nothing would have to be
    cleared, the collector would have to run.
    """

    name = "blame"

    def arguments(self, parser: ArgumentParser) -> None:
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[blame.Blame]:
        return blame.blame(session.snapshot, **part(arguments))
