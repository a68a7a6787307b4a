"""``emfile`` and ``errno:NAME``: a call fails with this error, whether or not the program swallows the exception."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pyhandles.dump.triggers.base import Trigger
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from pyhandles.dump.triggers.base import Service


class Errno(Trigger):
    """``errno:EBADF``."""

    takes_argument = True

    def __init__(self, name: str, argument: str) -> None:
        super().__init__(name, argument)
        if argument not in errno.errorcode.values():
            raise PyhandlesError(
                f"there is no errno {argument!r}", hint="names are those of Python's errno module: EBADF"
            )
        self.number: int = getattr(errno, argument)

    def set(self, service: Service) -> None:
        service.collector.watch_errno(self.number, self.name)


class Emfile(Errno):
    """``emfile``: the process is out of descriptors."""

    takes_argument = False

    def __init__(self, name: str, argument: str) -> None:  # noqa: ARG002 - it takes none
        super().__init__(name, "EMFILE")
