"""The child that captures: a copy of the service made by one system call.

Not ``os.fork()``: it runs other libraries' handlers, warns in programs with threads, and in the child it clears what
belongs to the other threads, whose finalisers may then speak over connections that the service still uses. A walk in
the service itself would hold it up for seconds, and would have to give every instance a dict. This child runs nobody's
handlers, clears nothing, ends by ``_exit``, and its end is told to nobody: no SIGCHLD, and nothing that the service's
``waitpid(-1)`` could reap.

The price is that in the child the GIL is this thread's for ever. Whoever else waited for it is not there: to give it
up would be to wait for nobody. So the child makes its system calls through `kernel`, and it is made at a moment when
nobody has asked for the GIL; should that fail, it does not report to be alive, and another one is made.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from pyhandles.dump.portable import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_CAPTURE = 120
"""Seconds."""
_LONGEST_BIRTH = 1.0
_ATTEMPTS = 3
_TURN = 0.1
"""Seconds for which nobody asks for the GIL, once everybody waits by this interval."""
_ROOM = 16_384
_BORN, _REPORTED = 1, 2


class Child:
    """A child process that does some work, and tells of it in one text."""

    def __init__(self, pid: int, shared: mmap.mmap) -> None:
        self._pid = pid
        self._shared = shared

    def wait(self) -> tuple[bytes, int]:
        """Wait for its end; give what it told, or nothing, and its status."""
        try:
            _, status = os.waitpid(self._pid, kernel.WALL)
        except ChildProcessError:  # a service that waits for children of this kind, too
            status = 0
        told = self._shared[1:].partition(b"\0")[0] if self._shared[0] == _REPORTED else b""
        return told, status


def start(work: Callable[[], bytes]) -> Child:
    """Do the work in a child. Whatever the work raises ends the child, which then tells nothing.

    Raises: OSError where no child can be made.
    """
    number = kernel.clone_number()
    if number is None:
        raise OSError(38, "the system call that makes a child is not known on this machine")
    for _ in range(_ATTEMPTS):
        shared = mmap.mmap(-1, _ROOM)
        pid = _clone_undisturbed(number)
        if pid == 0:
            _run(work, shared)
        if _is_born(shared):
            return Child(pid, shared)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, kernel.WALL)
    raise OSError(11, "no child came to life")


def _clone_undisturbed(number: int) -> int:
    with _nobody_asking_for_the_gil():
        return kernel.clone(number)


@contextlib.contextmanager
def _nobody_asking_for_the_gil() -> Iterator[None]:
    """For a moment, nobody asks for the GIL.

    A thread that waits for it asks after an interval, and the child would find that request. So all that wait are made
    to ask, are answered, and then wait by a longer interval.
    """
    interval = sys.getswitchinterval()
    if len(sys._current_frames()) == 1:  # noqa: SLF001
        yield
        return
    sys.setswitchinterval(max(_TURN, interval))
    try:
        kernel.sleep(int(min(interval, _TURN) * 1_200_000))
        # Python answers here, between two instructions.
        yield
    finally:
        sys.setswitchinterval(interval)


def _is_born(shared: mmap.mmap) -> bool:
    deadline = time.monotonic() + _LONGEST_BIRTH
    while not shared[0] and time.monotonic() < deadline:
        time.sleep(0.0005)
    return bool(shared[0])


def _run(work: Callable[[], bytes], shared: mmap.mmap) -> None:
    status = 1
    try:
        kernel.end_by_alarm(LONGEST_CAPTURE)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        gc.disable()
        sys.settrace(None)
        sys.setprofile(None)
        # What may fail to return does so before the report of being alive.
        sys._current_frames()  # noqa: SLF001
        shared[0] = _BORN
        told = work()[: _ROOM - 2]
        shared[1 : 1 + len(told)] = told
        shared[0] = _REPORTED
        status = 0
    finally:
        os._exit(status)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No signal and no collection until a child is made: either could change what is to be seen."""
    was_enabled = gc.isenabled()
    gc.disable()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if was_enabled:
            gc.enable()
