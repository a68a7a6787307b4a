"""``exception``: an exception that nothing catches ends the program, or one of its threads."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from pyhandles.dump.triggers.base import Trigger

if TYPE_CHECKING:
    from types import TracebackType

    from pyhandles.dump.triggers.base import Service


class UncaughtException(Trigger):
    """``exception``. A Ctrl-C is none: it is what the user wanted."""

    def set(self, service: Service) -> None:
        self._collector = service.collector
        self._main, self._thread = sys.excepthook, threading.excepthook
        # A method is a new object each time it is looked up: what is put in must be known again.
        self._own_main, self._own_thread = self._in_main, self._in_thread
        sys.excepthook, threading.excepthook = self._own_main, self._own_thread

    def remove(self) -> None:
        if sys.excepthook is self._own_main:
            sys.excepthook = self._main
        if threading.excepthook is self._own_thread:
            threading.excepthook = self._thread

    def _in_main(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            self._collector.fire(self.name)
        self._main(kind, error, traceback)

    def _in_thread(self, arguments: Any) -> None:
        if not issubclass(arguments.exc_type, (SystemExit, KeyboardInterrupt)):
            self._collector.fire(self.name)
        self._thread(arguments)
