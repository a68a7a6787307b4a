"""``emfile`` and ``errno:NAME``: a call fails with this error, whether or not the program swallows the exception.

While recording, also where a native library makes the call, and no exception follows.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pyhandles.dump.triggers.base import Trigger
from pyhandles.dump.triggers.names import unknown
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from pyhandles.dump.triggers.base import Service


class Errno(Trigger):
    """``errno:EBADF``.

    For ``errno:ENFILE``, when the whole system is out of files, one is kept open from the installation on: it takes a
    descriptor, which is why no other trigger does so.
    """

    takes_argument = True

    def __init__(self, name: str, argument: str) -> None:
        super().__init__(name, argument)
        if argument not in errno.errorcode.values():
            raise unknown("errno", argument, errno.errorcode.values(), "errno:EBADF")
        self.number: int = getattr(errno, argument)

    def set(self, service: Service) -> None:
        try:
            service.collector.watch_errno(self.number, self.name)
        except OSError as error:
            raise PyhandlesError(f"{self.name}: no file can be kept open for it: {error.strerror}") from error


class Emfile(Errno):
    """``emfile``: the process is out of descriptors."""

    takes_argument = False

    def __init__(self, name: str, argument: str) -> None:  # noqa: ARG002 - it takes none
        super().__init__(name, "EMFILE")
