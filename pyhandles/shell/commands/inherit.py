"""The command that tells what children get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import inheritance
from pyhandles.shell.commands.paging import COMFORTABLE_ROWS, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Inherit:
    """Tell what the next child would be handed over, and which descriptors other processes have by now.

    For each way of making a child: how many descriptors it would get, and which. What is passed on by name, and what a
    way opens for itself, comes on top. Then those above 2 that are inheritable, or that another process has already.

    In a child: what came from its parent and is used by nobody here, as far as can be seen.
    """

    name = "inherit"

    def arguments(self, parser: ArgumentParser) -> None:
        take_page(parser, programs_see_all=True)

    def run(self, session: Session, arguments: Namespace) -> inheritance.Inheritance:
        limit = arguments.limit
        if limit is None and session.format == "text":
            limit = COMFORTABLE_ROWS
        return inheritance.inheritance(session.snapshot, limit=limit, offset=arguments.offset)
