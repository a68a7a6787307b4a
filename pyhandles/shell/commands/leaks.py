"""The command that names the causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.clusters import Cluster, cluster, clusters
from pyhandles.findings.pages import Page, page
from pyhandles.shell.commands.paging import part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Leaks:
    """Say what leaks: handles that are kept alive in the same way, a line for each cause, the largest first.

    The largest is told in full below: why it is kept, where its handles hang, which reference to cut. `leaks SIGNATURE`
    tells another. A signature stays the same from run to run: it can go into a bug report. A pipe or a socket pair both
    of whose ends are kept alike is one cause.
    """

    name = "leaks"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("signature", metavar="SIGNATURE", nargs="?", help="one of them, or its beginning")
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[Cluster] | Cluster:
        if arguments.signature:
            return cluster(session.snapshot, arguments.signature)
        return page(clusters(session.snapshot), lambda each: each, **part(arguments))
