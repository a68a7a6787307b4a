"""The command that looks for objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import find
from pyhandles.findings.filters import Filters
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Find:
    """Find objects by type, name, module, attribute, reference count or size; what fits all filters.

    Names may have wildcards: `--type 'app.*'`; `--type Connection` fits `app.Connection` too. A bound is 5, >1000 or
    <3; of sizes also 10k or 1M, and a bound of the size puts the largest first. `--module` is that of a function, a
    class or a module itself, and of anything else that of its type.
    """

    name = "find"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--type", metavar="T", help="objects of this type")
        parser.add_argument("--subtype-of", metavar="T", help="objects of this type or one derived from it")
        parser.add_argument("--name", metavar="NAME", help="functions, classes, modules and code called so")
        parser.add_argument("--module", metavar="MODULE", help="what is of this module")
        parser.add_argument("--attr", metavar="NAME", help="what has an attribute, slot or member called so")
        parser.add_argument("--refcount", metavar="BOUND", help="by reference count; what is immortal has none")
        parser.add_argument("--size", metavar="BOUND", help="by bytes, what it refers to not included")
        parser.add_argument("--garbage", action="store_true", help="what no root reaches")
        parser.add_argument("--fd", action="store_true", help="what owns an open descriptor")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> find.Matches:
        filters = Filters(
            type=arguments.type,
            subtype_of=arguments.subtype_of,
            name=arguments.name,
            module=arguments.module,
            attr=arguments.attr,
            refcount=arguments.refcount,
            size=arguments.size,
            garbage=arguments.garbage,
            fd=arguments.fd,
        )
        return find.find(session.snapshot, filters, **part(arguments))
