"""The command that shows what is waited for in sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.polls import polls
from pyhandles.shell.commands.command import DESCRIPTOR
from pyhandles.shell.commands.paging import number, part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.pages import Page
    from pyhandles.findings.polls import PollSet
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Polls:
    """Show what epoll sets, and threads in poll and select, watch: each number, and what stands there by now.

    A number is stale where another file was registered than it leads to: that one was closed here without being
    unregistered, and is open elsewhere, so that its events still arrive. What a selector or an event loop believes to
    have registered is compared with what the kernel watches.
    """

    name = "polls"

    def arguments(self, parser: ArgumentParser) -> None:
        help_ = "the number of an epoll, or one that is watched; all sets if not given"
        parser.add_argument("number", metavar=DESCRIPTOR, type=number, nargs="?", help=help_)
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[PollSet]:
        return polls(session.snapshot, arguments.number, **part(arguments))
