"""``exit``: the interpreter exits, and no other trigger has captured.

The last moment at which Python code of the program still exists: after its own ``atexit`` functions, if they were
registered later than ``install()``, and after its threads have been joined. A process that ends by ``os._exit``,
``os.execv`` or a signal that nobody handles does not come here, nor does the child of an ``os.fork()``.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

from pyhandles.dump.triggers.base import Trigger

if TYPE_CHECKING:
    from pyhandles.dump.triggers.base import Service


class Exit(Trigger):
    """``exit``."""

    def set(self, service: Service) -> None:
        self._service = service
        atexit.register(self._at_exit)

    def remove(self) -> None:
        atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        self._service.capture_at_exit(self.name)
