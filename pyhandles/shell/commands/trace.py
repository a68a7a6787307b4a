"""The command that shows what happened, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.event_filters import EventFilters
from pyhandles.findings.trace import trace
from pyhandles.shell.commands.command import whole_number
from pyhandles.shell.commands.paging import number

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.trace import Trace as Answer
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session

COMFORTABLE_CALLS = 40


class Trace:
    """Show the calls that made, passed on and closed descriptors, as strace would, the latest last.

    They are those that the recorder still had in memory, in the order in which they had their effect: a close when it
    started, an opening when it ended. Reads and writes are told where they failed because of their descriptor, or
    where that had been given out again.

    `trace --fd N` says when the number was free, and puts what other calls did meanwhile, indented, between its close
    and its next opening: that is where a race can be read off. Misuses are marked.
    """

    name = "trace"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--call", metavar="NAME", help="calls of this name, as in open,close or 'epoll*'")
        parser.add_argument("--fd", type=number, metavar="N", help="what made, used or closed this number")
        parser.add_argument("--thread", metavar="T", help="calls of this thread: its name, or its number")
        parser.add_argument("--errors", action="store_true", help="calls that failed")
        parser.add_argument("--site", metavar="TEXT", help="calls from such a place, as in pool.py:88")
        shown = f"show the last N; {COMFORTABLE_CALLS} if not given, all in JSON and CSV"
        parser.add_argument("--last", type=whole_number, metavar="N", help=shown)
        parser.add_argument("--stack", action="store_true", help="show the stack of each call")

    def run(self, session: Session, arguments: Namespace) -> Answer:
        last = arguments.last
        if last is None and session.format == "text":
            last = COMFORTABLE_CALLS
        filters = EventFilters(
            call=arguments.call,
            fd=arguments.fd,
            thread=arguments.thread,
            errors=arguments.errors,
            site=arguments.site,
        )
        return trace(session.snapshot, filters, last=last, with_stacks=arguments.stack)
