"""``threshold:N`` and ``threshold:P%``: so many descriptors are open, or so much of the limit.

The number is looked at where Python makes a descriptor, by an audit hook, and by a timer for what has no audit event:
``os.pipe``, ``os.dup``, libraries in C. A hook cannot be taken away again; it then returns at once.
"""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from pyhandles.dump.triggers.base import Trigger
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from pyhandles.dump.triggers.base import Service


class Threshold(Trigger):
    """``threshold:900`` or ``threshold:80%``, of the soft limit as it is at the installation."""

    takes_argument = True

    def __init__(self, name: str, argument: str) -> None:
        super().__init__(name, argument)
        number = argument.removesuffix("%")
        if not (number.isascii() and number.isdigit()) or int(number) == 0:
            raise PyhandlesError(
                f"{name}: not a number of descriptors", hint="for example: threshold:900, threshold:80%"
            )
        self.is_share = argument.endswith("%")
        self.number = int(number)
        if self.is_share and self.number > 100:
            raise PyhandlesError(f"{name}: more than all of them", hint="for example: threshold:80%")

    def set(self, service: Service) -> None:
        try:
            service.collector.watch_number(self.descriptors(), self.name)
        except OSError as error:
            raise PyhandlesError(f"{self.name}: no thread can be made that looks: {error.strerror}") from error
        except ValueError as error:
            raise PyhandlesError(f"{self.name}: {error}") from error

    def descriptors(self) -> int:
        """The number that has to be open."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return max(1, soft * self.number // 100) if self.is_share else self.number
