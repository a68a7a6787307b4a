"""Commands about all handles at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import ledger
from pyhandles.findings.descriptors import KINDS
from pyhandles.findings.handles import HandleList, handle_list
from pyhandles.shell.commands.paging import COMFORTABLE_ROWS, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class IoList:
    """List every open descriptor: what it is, who owns it, what holds the owner.

    One row for each descriptor that the kernel had open, ascending, then the stale owners: objects whose number
    is closed or belongs to something else by now. The holder is the nearest object on the way to a root that is
    not a wrapper; of a number that no object owns it is a likely one. `ledger` says what the classes mean. A narrow
    terminal leaves out columns; `--format json` has them all. With `--ends`, each that has another end says who has
    that: a descriptor of this process, another process, the kernel alone, or nobody any more.
    """

    name = "io list"

    def arguments(self, parser: ArgumentParser) -> None:
        classes = ledger.CLASSES
        parser.add_argument("--class", choices=classes, metavar="CLASS", help=f"only {', '.join(classes)}")
        parser.add_argument("--kind", choices=KINDS, metavar="KIND", help=f"only {', '.join(KINDS)}")
        parser.add_argument("--inheritable", action="store_true", help="only what `exec` hands over; see `inherit`")
        parser.add_argument("--ends", action="store_true", help="show who has the other end of each")
        take_page(parser, programs_see_all=True)

    def run(self, session: Session, arguments: Namespace) -> HandleList:
        limit = arguments.limit
        if limit is None and session.format == "text":
            limit = COMFORTABLE_ROWS
        return handle_list(
            session.snapshot,
            class_=vars(arguments)["class"],
            kind=arguments.kind,
            inheritable=arguments.inheritable,
            ends=arguments.ends,
            limit=limit,
            offset=arguments.offset,
        )


class Ledger:
    """Account for every open descriptor: each stands in one class, and the classes add up.

    A descriptor is in the first class that fits. Shared: two or more objects in use own it. Owned: one does. Garbage:
    only objects that nothing reaches any more do. Standard and inherited: nothing owns it, and it is the same file as
    when pyhandles was installed. Raw: a variable that is called like a descriptor has its number, which is likely but
    not certain. Native: none of these; native code opened it, or its number is lost.

    Beside them stand the stale claims: objects that believe to own a number which is closed, or is something else by
    now.
    """

    name = "ledger"

    def arguments(self, parser: ArgumentParser) -> None:
        """Nothing."""

    def run(self, session: Session, arguments: Namespace) -> ledger.Ledger:  # noqa: ARG002 - it takes none
        return ledger.ledger(session.snapshot)
