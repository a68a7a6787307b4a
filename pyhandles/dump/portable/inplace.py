"""The capture in the service itself, which stands still for it: where no child can be made, or none is wanted.

As in the child, the GIL is kept from the beginning to the end, as far as those that compute let it be. A thread does it
that has a descriptor table of its own, which it may close as a child may; where no thread can be made, the calling
thread does it, and closes nothing.
"""

from __future__ import annotations

import _thread
import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyhandles.dump.portable import kernel
from pyhandles.dump.portable.collection import paused
from pyhandles.dump.portable.ends import wait_for_end
from pyhandles.dump.portable.patience import patience, wake_the_patient

_LEAST, _FOR_EACH = 1.0, 200e-6
"""Seconds that a capture takes, on a slow machine."""

Work = Callable[[bool, bool], bytes]
"""It is told whether the collector was enabled, and whether the descriptor table is its own."""


def run(work: Work) -> bytes:
    """Do the work while nothing else of Python runs. Whatever it raises, it tells nothing."""
    told: list[bytes] = []
    numbers: list[int] = []
    longest = _LEAST + _FOR_EACH * len(gc.get_objects())
    done = _thread.allocate_lock()
    done.acquire()

    def apart() -> None:
        # At once, while nobody who waits has asked for the GIL yet.
        try:
            with patience(longest):
                numbers.append(_thread.get_native_id())
                told.append(_work_uncollected(work, own_table=kernel.unshare_descriptors()))
        finally:
            done.release()

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        _thread.start_new_thread(apart, ())
    except RuntimeError:
        # Most likely there is no other thread either.
        with _no_signal_of_writing():
            return _work_uncollected(work, own_table=False)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    done.acquire()
    wake_the_patient()
    wait_for_end(numbers[0])
    return told[0] if told else b""


@contextmanager
def _no_signal_of_writing() -> Iterator[None]:
    """With all signals blocked: those that a failed write sends to its own thread are gone at the end."""
    former = signal.sigpending()
    try:
        yield
    finally:
        own = (signal.sigpending() - former) & {signal.SIGXFSZ, signal.SIGPIPE}
        while own and signal.sigtimedwait(own, 0):
            pass


def _work_uncollected(work: Work, *, own_table: bool) -> bytes:
    with paused() as was_enabled:
        return work(was_enabled, own_table)
