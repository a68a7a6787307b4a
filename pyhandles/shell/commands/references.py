"""Commands about the references to and from one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import neighbours, routes
from pyhandles.shell.commands.command import whole_number
from pyhandles.shell.commands.naming import single, take_object
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


def _take_neighbours(parser: ArgumentParser) -> None:
    take_object(parser)
    parser.add_argument(
        "--raw", action="store_true", help="show every reference: fold nothing, with weak ones and guesses"
    )
    take_page(parser)


class Inrefs:
    """List who refers to X, with what each reference is called.

    As the source reads: an attribute is its instance's, not its `__dict__`'s. "background" ties to a type or a module;
    a "guess" is a word of an evaluation stack that may be stale; a weak reference keeps nothing alive.
    """

    name = "inrefs"

    def arguments(self, parser: ArgumentParser) -> None:
        _take_neighbours(parser)

    def run(self, session: Session, arguments: Namespace) -> neighbours.Neighbours:
        index = single(session, arguments)
        return neighbours.inrefs(session.snapshot, index, raw=arguments.raw, **part(arguments))


class Outrefs:
    """List what X refers to, with what each reference is called.

    `show` tells the same in groups. What ties to types and modules comes last.
    """

    name = "outrefs"

    def arguments(self, parser: ArgumentParser) -> None:
        _take_neighbours(parser)

    def run(self, session: Session, arguments: Namespace) -> neighbours.Neighbours:
        index = single(session, arguments)
        return neighbours.outrefs(session.snapshot, index, raw=arguments.raw, **part(arguments))


class Path:
    """Show the shortest path from a root to X: what keeps it alive, and the next paths.

    Of equally short ones that from a module's globals, then from a running frame, then through a class. `--avoid .idle`
    asks "and if not through that one?": a reference as answers call it (`.idle`, `Pool.idle`, `global POOL`), or an
    object. The next paths of `-n` differ from each other in at least one reference.
    """

    name = "path"

    def arguments(self, parser: ArgumentParser) -> None:
        take_object(parser)
        parser.add_argument(
            "--avoid",
            action="append",
            default=[],
            metavar="REFERENCE|X",
            help="not through this reference or object; may be given more than once",
        )
        parser.add_argument("-n", type=whole_number, default=1, metavar="N", dest="count", help="the N shortest paths")
        parser.add_argument("--raw", action="store_true", help="show every object: fold no __dict__, closure or method")

    def run(self, session: Session, arguments: Namespace) -> routes.Routes:
        return routes.routes(
            session.snapshot,
            single(session, arguments),
            avoid=arguments.avoid,
            count=arguments.count,
            raw=arguments.raw,
            marks=session.marks,
        )
