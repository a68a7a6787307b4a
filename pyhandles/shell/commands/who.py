"""The command that says what holds an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import who
from pyhandles.shell.commands.command import ADDRESS

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Who:
    """Say what holds the address of a socket: why it is already in use.

    ADDRESS is as in `127.0.0.1:3001`, `:3001`, `localhost:3001`, `[::1]:80`, `/run/app.sock` or `@abstract`. Without
    it, the address of the call that failed is meant, where the snapshot was made by `errno:EADDRINUSE` or the like.

    It is held by a handle of this process, by a socket that no descriptor leads to any more and a thread is still in a
    call on, by another process, or by the kernel alone.
    """

    name = "who"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar=ADDRESS, nargs="?", help="of a socket, as `io list` shows it; or a port")

    def run(self, session: Session, arguments: Namespace) -> who.Who:
        return who.who(session.snapshot, arguments.address)
