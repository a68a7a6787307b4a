"""Looks now and then how many descriptors are open."""

from __future__ import annotations

import _thread
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PERIOD = 0.25
"""Seconds."""


class NumberWatch:
    """Calls ``fire`` each time that so many descriptors are open, from a thread of its own.

    Raises: OSError where no thread can be made.
    """

    def __init__(self, count: int, fire: Callable[[], None]) -> None:
        self._count = count
        self._fire = fire
        self._stop = _thread.allocate_lock()
        self._stop.acquire()
        try:
            _thread.start_new_thread(self._look, ())
        except RuntimeError as error:
            raise OSError(11, str(error)) from None

    def stop(self) -> None:
        if self._stop.locked():
            self._stop.release()

    def _look(self) -> None:
        was_reached = False
        while True:
            is_reached = _open_descriptors() >= self._count
            if is_reached and not was_reached:
                self._fire()
            was_reached = is_reached
            if self._stop.acquire(timeout=PERIOD):
                return


def _open_descriptors() -> int:
    """Linux tells their number as the size of the directory since 6.2; before that it has to be listed."""
    try:
        return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd")) - 1
    except OSError:  # none is left to list them with
        return 1 << 30
