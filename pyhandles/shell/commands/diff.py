"""The command that compares."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyhandles.findings import diff
from pyhandles.shell.commands.command import FILE

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Diff:
    """Say what has grown between this snapshot and another: which causes of open handles, then which types.

    The older comes first, whichever of the two is open. Handles are compared by the way in which they are kept, by
    the signatures that `leaks` shows, objects by their types; addresses say nothing, as they are used again. With
    more than one FILE, what has grown every time comes first: that is what leaks.
    """

    name = "diff"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", metavar=f"{FILE}…", nargs="+", help="another snapshot")

    def run(self, session: Session, arguments: Namespace) -> diff.Diff:
        files = [os.path.expanduser(file) for file in arguments.files]  # noqa: PTH111 - keeps a ~ that is nobody's
        return diff.compare([session.snapshot, *files])
