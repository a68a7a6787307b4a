"""The command that counts calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import calls
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Calls:
    """Count the calls that open, close and copy descriptors: by call and by place, most calls first.

    As `strace -c`, of a program that ran with `record=True` or `--record`: how often, how often in vain, for how long,
    and from which line. Of reading and writing, only calls are counted that failed because of their descriptor. Calls
    of forked children stand apart. Below a table stands what is wrong with its closes.
    """

    name = "calls"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", choices=("call", "site"), metavar="call|site", help="sum up by call, or by place")
        parser.add_argument("--call", metavar="NAME", help="calls of this name, as in open,close or 'epoll*'")
        parser.add_argument("--errors", action="store_true", help="only those that failed, most failures first")
        parser.add_argument("--seconds", action="store_true", help="those that took longest first")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> calls.CallList:
        return calls.calls(
            session.snapshot,
            by=arguments.by,
            call=arguments.call,
            errors=arguments.errors,
            seconds=arguments.seconds,
            **part(arguments),
        )
