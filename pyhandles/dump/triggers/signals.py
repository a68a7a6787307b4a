"""``signal:NAME``: the process gets a signal. What would have happened without us happens after it.

The handler is one of Python's: it runs in the main thread, between two bytecodes, and so not before a call into C that
this thread is in returns. A handler that the program sets later takes its place.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

from pyhandles.dump.triggers.base import Trigger
from pyhandles.dump.triggers.names import unknown
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from types import FrameType

    from pyhandles.dump.triggers.base import Service


class Signal(Trigger):
    """``signal:USR1``."""

    takes_argument = True

    def __init__(self, name: str, argument: str) -> None:
        super().__init__(name, argument)
        self.number = _number(argument)
        if self.number in {signal.SIGKILL, signal.SIGSTOP}:
            raise PyhandlesError(f"{name}: no process can handle it", hint="for example: signal:USR1")

    def set(self, service: Service) -> None:
        self._collector = service.collector
        if not callable(signal.getsignal(self.number)) and _is_caught(self.number):
            raise PyhandlesError(
                f"{self.name}: a library in C handles it, which Python could not put back",
                hint="take another signal",
            )
        self._own = self._handle
        self._is_set = True
        try:
            self._former = signal.signal(self.number, self._own)
        except ValueError:
            raise PyhandlesError(
                f"{self.name} can be installed from the main thread only", hint="call pyhandles.install() there"
            ) from None

    def remove(self) -> None:
        self._is_set = False
        if signal.getsignal(self.number) is self._own:
            # In another thread than the main one Python refuses; the handler that stays then does what the former did.
            with contextlib.suppress(ValueError):
                signal.signal(self.number, signal.SIG_DFL if self._former is None else self._former)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._is_set:
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


def _number(argument: str) -> int:
    """Of ``USR1``, ``SIGUSR1`` or ``RTMIN+3``."""
    name, _, offset = argument.removeprefix("SIG").partition("+")
    known = {each.removeprefix("SIG"): int(number) for each, number in signal.Signals.__members__.items()}
    number = known.get(name, 0)
    if offset:
        is_real_time = name == "RTMIN" and offset.isascii() and offset.isdigit()
        number = number + int(offset) if is_real_time and int(offset) <= signal.SIGRTMAX - number else 0
    if number == 0:
        raise unknown("signal", argument, known, "signal:USR1")
    return number


def _is_caught(number: int) -> bool:
    """Does a function handle the signal, whether or not Python knows of it?"""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            facts = dict(line.split(":", 1) for line in status)
    except OSError:
        return False
    return bool(int(facts.get("SigCgt", "0"), 16) >> (number - 1) & 1)
