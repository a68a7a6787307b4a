"""Commands about how much an object keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import reachable, retained
from pyhandles.shell.commands.naming import single, take_object
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.pages import Page
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Retained:
    """Say what would be freed if X were gone: objects, bytes, descriptors.

    That is X itself and all that no root reaches but through X. Garbage goes as a whole: of that, it is all the garbage
    that X reaches.
    """

    name = "retained"

    def arguments(self, parser: ArgumentParser) -> None:
        take_object(parser)

    def run(self, session: Session, arguments: Namespace) -> retained.Retained:
        return retained.retained(session.snapshot, single(session, arguments))


class Reachable:
    """Count what X reaches, by type: objects, bytes, descriptors, whatever else keeps them.

    Left out is what is reached only as a type, by a function's globals, or through a module: by these, anything reaches
    almost everything. `--all` follows all but weak references. What X alone keeps is in `retained X`.
    """

    name = "reachable"

    def arguments(self, parser: ArgumentParser) -> None:
        take_object(parser)
        parser.add_argument("--all", action="store_true", help="follow types, globals and modules too")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> reachable.Reachable:
        index = single(session, arguments)
        return reachable.reachable(session.snapshot, index, all=arguments.all, **part(arguments))


class Largest:
    """List the objects, the largest first: by their own bytes, or with `--retained` by all that they keep.

    `--retained` leaves garbage out. An object stands before those that it keeps: the first ones are the whole program.
    """

    name = "largest"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--retained", action="store_true", help="by what would be freed with each")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[retained.Large]:
        return retained.largest(session.snapshot, retained=arguments.retained, **part(arguments))
