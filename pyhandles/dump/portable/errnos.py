"""Notices calls that fail with a certain errno, by the exceptions that they raise."""

from __future__ import annotations

import sys
from collections.abc import Callable

from pyhandles.dump.portable.collection import pause, resume

if sys.version_info >= (3, 12):
    from pyhandles.dump.portable.monitor import Monitor as Sight
else:
    from pyhandles.dump.portable.hooks import Hooks as Sight

Fire = Callable[[str, int], None]
_errno_of = OSError.__dict__["errno"].__get__


class ErrnoWatch:
    """Calls ``fire(name, errno)`` for the errnos that are watched."""

    def __init__(self, fire: Fire) -> None:
        self._fire = fire
        self._names: dict[int, str] = {}
        self._sight: Sight | None = None

    def watch(self, number: int, name: str) -> None:
        self._names[number] = name
        if self._sight is None:
            self._sight = Sight(self._see)

    def remove(self) -> None:
        """Put everything back."""
        self._names.clear()
        if self._sight:
            self._sight.remove()
            self._sight = None

    def _see(self, error: BaseException) -> None:
        if issubclass(type(error), OSError):
            number = _errno_of(error)
            if type(number) is int and number in self._names:
                pause()
                try:
                    self._fire(self._names[number], number)
                finally:
                    resume()
