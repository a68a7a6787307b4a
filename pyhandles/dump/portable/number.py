"""Looks now and then how many descriptors are open."""

from __future__ import annotations

import _thread
import errno
import os
from typing import TYPE_CHECKING

from pyhandles.dump.portable.ends import wait_for_end

if TYPE_CHECKING:
    from collections.abc import Callable

PERIOD = 0.25
"""Seconds."""
MOST_NUMBERS = 16


class NumberWatch:
    """Calls ``fire(name)`` each time that so many descriptors are open, from a thread of its own."""

    def __init__(self, fire: Callable[[str], None]) -> None:
        self._fire = fire
        self._names: list[tuple[int, str]] = []
        self._thread = 0
        self._stop = _thread.allocate_lock()
        self._stop.acquire()

    def watch(self, count: int, name: str) -> None:
        """Watch one number more.

        Raises: OSError where no thread can be made, ValueError for the seventeenth number.
        """
        if len(self._names) == MOST_NUMBERS:
            raise ValueError("too many numbers")
        self._names.append((count, name))
        if len(self._names) == 1:
            begun = _thread.allocate_lock()
            begun.acquire()
            try:
                _thread.start_new_thread(self._look_now_and_then, (begun,))
            except RuntimeError:
                self._names.clear()
                raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None
            begun.acquire()

    def stop(self) -> None:
        if self._stop.locked():
            self._stop.release()
        if self._thread:
            wait_for_end(self._thread)  # a forked service has none, and waits for none

    def _look_now_and_then(self, begun: _thread.LockType) -> None:
        self._thread = _thread.get_native_id()
        begun.release()
        reached: set[str] = set()
        while True:
            count = _open_descriptors()
            are_reached = {name for least, name in self._names if count >= least}
            for name in are_reached - reached:
                self._fire(name)
            reached = are_reached
            if self._stop.acquire(timeout=PERIOD):
                return


def _open_descriptors() -> int:
    """Linux tells their number as the size of the directory since 6.2; before that it has to be listed."""
    try:
        return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd")) - 1
    except OSError:  # none is left to list them with
        return 1 << 30
