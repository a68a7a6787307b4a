"""A time in which no other thread of Python asks for the GIL, begun and ended by the one that has it."""

from __future__ import annotations

import _thread
import collections
import contextlib
import operator
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Take the GIL anew, and have those that wait for it ask for it only after so many seconds.

    Who waits asks after a whole interval in which it was given to nobody: so once it has come from another thread, of
    ours for certain, nobody asks who has waited already. The one that has just given it up begins to wait now, and must
    find the new interval: so that is set in the same step of C's, sooner than any other thread wakes.
    The seconds should be more than the block takes, but not many more: should it lose the GIL all the same, while
    others compute without a pause, it has it back no sooner.
    """
    interval = sys.getswitchinterval()
    passed = _thread.allocate_lock()
    passed.acquire()
    steps: list[Callable[[], object]] = [passed.acquire, partial(sys.setswitchinterval, seconds)]
    try:
        _thread.start_new_thread(passed.release, ())
    except RuntimeError:  # no thread can be made; most likely nobody waits
        steps[0] = partial(time.sleep, 2 * interval)
    collections.deque(map(operator.call, steps), maxlen=0)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def wake_the_patient() -> None:
    """Each time that the GIL is given up, one thread that waits for it wakes, and waits by the usual interval again."""
    for _ in sys._current_frames():  # noqa: SLF001
        time.sleep(0.0001)
