"""Commands about the snapshot as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import summary

if TYPE_CHECKING:
    from argparse import Namespace

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
