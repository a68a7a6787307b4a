"""Commands about the snapshot as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import counts, rooted, summary, symbols
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.pages import Page
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Summary:
    """Say what was captured, when and why, and how full the descriptor table was.

    The first line says which limit was met: the soft limit of descriptors, or another one.
    """

    name = "summary"

    def arguments(self, parser: ArgumentParser) -> None:
        """Nothing."""

    def run(self, session: Session, arguments: Namespace) -> summary.Summary:  # noqa: ARG002 - it takes none
        return summary.summary(session.snapshot)


class Count:
    """Count the objects of each type, and their bytes, most objects first.

    Bytes are those of the objects alone, without what they refer to. `--by module` counts by the module that each
    type comes from.
    """

    name = "count"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--by", choices=("type", "module"), default="type", metavar="type|module", help="what to count by"
        )
        parser.add_argument("--size", action="store_true", help="most bytes first")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[counts.Count]:
        return counts.counts(
            session.snapshot,
            by=arguments.by,
            by_size=arguments.size,
            **part(arguments),
        )


class Roots:
    """List the roots: what is alive by itself, and keeps alive all that it leads to.

    These are imported modules, running frames, the state of the interpreter and of threads, and objects held natively:
    ones with more references than all other objects account for. What is immortal is only counted; `--kind immortal`
    lists it. "Nearest to" says for how many objects this root is the one in fewest steps.
    """

    name = "roots"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", choices=rooted.KINDS, metavar="KIND", help=f"only {', '.join(rooted.KINDS)}")
        parser.add_argument("--name", metavar="TEXT", help="only those with this in their name")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> rooted.RootList:
        return rooted.root_list(
            session.snapshot,
            kind=arguments.kind,
            name=arguments.name,
            **part(arguments),
        )


class Symbols:
    """List the names of a module with what they stand for, or all modules.

    The names come in the order in which they were bound. A class's location is that of its first method.
    """

    name = "symbols"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("module", metavar="MODULE", nargs="?", help="its name, or its address")
        parser.add_argument(
            "--kind", choices=symbols.SYMBOL_KINDS, metavar="KIND", help=f"only {', '.join(symbols.SYMBOL_KINDS)}"
        )
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[symbols.Symbol] | Page[symbols.ModuleSymbols]:
        if arguments.module is None:
            return symbols.modules(session.snapshot, **part(arguments))
        return symbols.symbols(
            session.snapshot, arguments.module, session.marks, kind=arguments.kind, **part(arguments)
        )
