"""The command that tells of misuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import misuses
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.pages import Page
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Misuse:
    """Tell what was done to descriptors that no correct program does, the most dangerous first.

    A late use: a call on a number that had been closed and given out again meanwhile, so that it reached another file.
    A foreign close: of a number whose object is still in use. A double close. A use after a close. Each is told once
    for a place, with the stacks of the call, of the close before it and of the opening, as they were the first time.
    """

    name = "misuse"

    def arguments(self, parser: ArgumentParser) -> None:
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[misuses.Misuse]:
        return misuses.misuses(session.snapshot, **part(arguments))
