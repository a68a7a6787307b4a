"""The command that shows source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.source import CONTEXT, source
from pyhandles.shell.commands.command import OBJECT
from pyhandles.shell.commands.paging import number

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.source import Source as Answer
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Source:
    """Show the lines around X in its file, if the file is at hand.

    X may be a frame, a function, a method, a class, a coroutine, a generator, a task, a traceback or an exception; for
    another object it is its class. It may also be a name with dots: `app.Pool.get`. Of a function the first line is
    marked, of a frame the one that runs.
    """

    name = "source"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar=OBJECT, help="63, 0x7f12…, #1234, *A, or app.Pool.get")
        parser.add_argument(
            "--context",
            "-C",
            type=number,
            default=CONTEXT,
            metavar="N",
            help=f"show N lines before and after, also -C N; {CONTEXT} if not given",
        )

    def run(self, session: Session, arguments: Namespace) -> Answer:
        return source(session.snapshot, arguments.name, session.marks, context=arguments.context)
