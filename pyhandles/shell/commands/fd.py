"""The command that tells the biography of a descriptor number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.biography import biography
from pyhandles.shell.commands.command import DESCRIPTOR, whole_number
from pyhandles.shell.commands.paging import number
from pyhandles.shell.commands.trace import COMFORTABLE_CALLS

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.biography import Biography
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Fd:
    """Tell the biography of a descriptor number: who opened it, with the whole stack, and what was done to it since.

    Of a program that was recorded. The present state is the kernel's; "ago" is before the snapshot. What was done to
    the number is told as far as it was in memory, with what other calls did while it was free, indented, and then what
    was wrong with any of it. `trace --fd N` has the calls alone.
    """

    name = "fd"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", metavar=DESCRIPTOR, type=number, help="the number of a descriptor, open or not")
        parser.add_argument("--stacks", action="store_true", help="show the stack of each call")
        shown = f"show the last N calls; {COMFORTABLE_CALLS} if not given, all in JSON and CSV"
        parser.add_argument("--last", type=whole_number, metavar="N", help=shown)

    def run(self, session: Session, arguments: Namespace) -> Biography:
        last = arguments.last
        if last is None and session.format == "text":
            last = COMFORTABLE_CALLS
        return biography(session.snapshot, arguments.number, stacks=arguments.stacks, last=last)
