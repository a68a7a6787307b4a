"""Commands about all handles at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.handles import Handle, handles

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class IoList:
    """List every open descriptor: what it is, who owns it, what holds the owner.

    One row for each descriptor that the kernel had open, ascending, then the stale owners: objects whose number
    is closed or belongs to something else by now. The holder is the nearest object on the way to a root that is
    not a wrapper. A narrow terminal leaves out columns; `--format json` has them all.
    """

    name = "io list"

    def arguments(self, parser: ArgumentParser) -> None:
        """Nothing."""

    def run(self, session: Session, arguments: Namespace) -> list[Handle]:  # noqa: ARG002 - it takes none
        return handles(session.snapshot)
