"""Commands about one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import identify, show, why
from pyhandles.shell.commands.command import whole_number
from pyhandles.shell.commands.naming import named_by, single, take_object

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Why:
    """Say in five lines why X is alive: verdict, path, where it was opened, what to cut.

    X alone is enough: `63` is `why 63`.
    """

    name = "why"

    def arguments(self, parser: ArgumentParser) -> None:
        take_object(parser)

    def run(self, session: Session, arguments: Namespace) -> why.Why:
        named = named_by(session, arguments)
        return why.why(session.snapshot, named.indices, fd=named.fd)


class Identify:
    """Show what keeps X alive: the tree of its referrers, up to the roots.

    Each line is an object that refers to the one above it. *A marks an object that the tree comes back to:
    "already found circularly" closes a cycle, "already found" points to a line elsewhere in the answer.
    """

    name = "identify"

    def arguments(self, parser: ArgumentParser) -> None:
        take_object(parser)
        parser.add_argument("--raw", action="store_true", help="show every object: fold no __dict__, closure or method")
        parser.add_argument("--all", action="store_true", help="show every referrer, however many there are")
        parser.add_argument("--depth", type=whole_number, metavar="N", help="go no more than N lines up")

    def run(self, session: Session, arguments: Namespace) -> identify.Identification:
        named = named_by(session, arguments)
        return identify.identify(
            session.snapshot,
            named.indices,
            fd=named.fd,
            raw=arguments.raw,
            all=arguments.all,
            depth=arguments.depth,
        )


class Show:
    """Show one object: its type, size and state, and what it refers to.

    Each reference comes with an address to go on from.
    """

    name = "show"

    def arguments(self, parser: ArgumentParser) -> None:
        take_object(parser)
        parser.add_argument("--all", action="store_true", help="show every reference, however many there are")

    def run(self, session: Session, arguments: Namespace) -> show.Details:
        return show.show(session.snapshot, single(session, arguments), all=arguments.all)
