"""Questions about what is between the program, the kernel and other processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings import who
from pyhandles.findings.lingering import closed
from pyhandles.loaded.opened import Opened

if TYPE_CHECKING:
    from pyhandles.findings.lingering.finding import Lingering
    from pyhandles.findings.who import Who


class SurroundingsQuestions(Opened):
    """What the kernel told of the process's surroundings."""

    def closed(self, *, all: bool = False) -> list[Lingering]:  # noqa: A002  # The option is called so.
        """What was closed, or half closed, and is not gone, with what keeps it: `closed`.

        What explains a `bind` that failed comes first. all: also what is as it should be.

        >>> snapshot.closed()
        []
        """
        return list(closed.closed(self.model, all=all).rows)

    def who(self, address: str | int | None = None) -> Who:
        """What holds the address of a socket, in ``holders``, those in the way of what failed first: `who`.

        address: ``"127.0.0.1:3001"``, ``"[::1]:80"``, a port alone, ``"/run/app.sock"`` or ``"@abstract"``; without,
        that of the call whose error the snapshot was made for. Raises BadAddress.
        """
        return who.who(self.model, None if address is None else str(address))
