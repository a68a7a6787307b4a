"""``signal:NAME``: the process gets a signal. What would have happened without us happens after it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from pyhandles.dump.triggers.base import Trigger
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from types import FrameType

    from pyhandles.dump.triggers.base import Service


class Signal(Trigger):
    """``signal:USR1``."""

    takes_argument = True

    def __init__(self, name: str, argument: str) -> None:
        super().__init__(name, argument)
        try:
            self.number = signal.Signals["SIG" + argument.removeprefix("SIG")]
        except KeyError:
            raise PyhandlesError(f"there is no signal {argument!r}", hint="for example: signal:USR1") from None
        if self.number in {signal.SIGKILL, signal.SIGSTOP}:
            raise PyhandlesError(f"{self.number.name} cannot be handled", hint="for example: signal:USR1")

    def set(self, service: Service) -> None:
        self._collector = service.collector
        self._own = self._handle
        try:
            self._former = signal.signal(self.number, self._own)
        except ValueError:
            raise PyhandlesError(
                f"{self.name} can be installed from the main thread only", hint="call pyhandles.install() there"
            ) from None

    def remove(self) -> None:
        if signal.getsignal(self.number) is self._own:
            # None stands for a handler of C's, which Python cannot put back.
            signal.signal(self.number, signal.SIG_DFL if self._former is None else self._former)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._collector.fire(self.name)
        if callable(self._former):
            self._former(number, frame)
        elif self._former == signal.SIG_DFL:
            self._do_what_is_done_by_default()

    def _do_what_is_done_by_default(self) -> None:
        """Mostly that ends the process, so the capture comes first."""
        self._collector.wait(60.0)
        signal.signal(self.number, signal.SIG_DFL)
        os.kill(os.getpid(), self.number)
        # It was one that is ignored by default, or that stopped the process for a while.
        signal.signal(self.number, self._own)
