"""The command that tells what was closed and is not gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.lingering import closed
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.lingering.finding import Lingering
    from pyhandles.findings.pages import Page
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Closed:
    """Tell what was closed, or half closed, and is not gone: why the port stays taken, why the peer sees no end.

    A socket whose close() waits for makefile() objects; a thread that is still inside a call on it; a child process
    that has it, too; a copy of its number; bytes that the peer has not taken. And what is half closed: by the peer, and
    nobody here noticed, or here alone. What explains a bind() that failed comes first. `--all` also tells what is as it
    should be: what a forked child has inherited, copies that are in use, connections that the kernel keeps for a while.
    """

    name = "closed"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also what is as it should be")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[Lingering]:
        return closed.closed(session.snapshot, all=arguments.all, **part(arguments))
