"""The child that captures: a copy of the service made by one system call.

Not ``os.fork()``: it runs other libraries' handlers, warns in programs with threads, and in the child it clears what
belongs to the other threads, whose finalisers may then speak over connections that the service still uses. A walk in
the service itself would hold it up for seconds, and would have to give every instance a dict. This child runs nobody's
handlers, clears nothing, ends by ``_exit``, and its end is told to nobody: no SIGCHLD, and nothing that the service's
``waitpid(-1)`` could reap.

The price is that in the child the GIL is this thread's for ever. Whoever else waited for it is not there: to give it
up would be to wait for nobody. So the child makes its system calls through `kernel`, imports nothing, and is made at a
moment when nobody has asked for the GIL. Should that fail, or should it have copied another lock that some thread held
at that moment, it does not come to life, and another one is made.
"""

from __future__ import annotations

import _thread
import contextlib
import mmap
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable import kernel
from pyhandles.dump.portable.collection import paused
from pyhandles.dump.portable.patience import patience, wake_the_patient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_CAPTURE = 120
"""Seconds."""
_LONGEST_BIRTH = 1.0
_LONGEST_CLONE = 2.0
_LONGEST_PAUSE = 0.05
_LONGEST_STALL = 200
"""Looks of so many seconds each at a child that does nothing."""
_ATTEMPTS = 8
_ROOM = 16_384
_BORN, _REPORTED = 1, 2

_monitoring: Any = getattr(sys, "monitoring", None)
_TOOLS = range(6 if _monitoring else 0)

_births = _thread.RLock()
"""Held while a child is made, so that none of them finds the collector switched off for another one."""


class Stalled(Exception):  # noqa: N818 - of this module, and no user's
    """A child that waits for a lock that nobody will let go."""


class Child:
    """A child process that does some work, and tells of it in one text."""

    def __init__(self, pid: int, shared: mmap.mmap) -> None:
        self._pid = pid
        self._shared = shared

    def wait(self) -> tuple[bytes, int]:
        """Wait for its end; give what it told, or nothing, and its status.

        Raises: Stalled where it makes no progress; it is ended then.
        """
        stalled, spent, pause = 0, -1.0, 0.001
        while True:
            try:
                pid, status = os.waitpid(self._pid, kernel.WALL | os.WNOHANG)
            except ChildProcessError:  # a service that waits for children of this kind, too
                pid, status = self._pid, 0
            if pid:
                break
            time.sleep(pause)
            pause = min(pause * 1.2, _LONGEST_PAUSE)
            # Looks are counted, not seconds: the whole machine, or this container, may have been asleep.
            spent, before = _processor_time(self._pid), spent
            stalled = stalled + 1 if spent == before else 0
            if stalled > _LONGEST_STALL:
                self.end()
                raise Stalled
        told = self._shared[1:].partition(b"\0")[0] if self._shared[0] == _REPORTED else b""
        return told, status

    def end(self) -> None:
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, kernel.WALL)

    def is_born(self) -> bool:
        """Wait until it says so, for a while."""
        deadline = time.monotonic() + _LONGEST_BIRTH
        while not self._shared[0] and time.monotonic() < deadline:
            time.sleep(0.0005)
        return bool(self._shared[0])


def _processor_time(pid: int) -> float:
    """Of another process, which takes no descriptor to read."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:  # it has just ended
        return 0.0


def start(work: Callable[[bool], bytes]) -> Child:
    """Do the work in a child. It is told whether the collector was enabled.

    Whatever it raises ends the child, which then tells nothing.
    Raises: OSError where no child can be made.
    """
    number = kernel.clone_number()
    if number is None:
        raise OSError(38, "the system call that makes a child is not known on this machine")
    with _undisturbed():
        for _ in range(_ATTEMPTS):
            shared = mmap.mmap(-1, _ROOM)
            child = Child(_clone(number, work, shared), shared)
            wake_the_patient()
            if child.is_born():
                return child
            child.end()
    raise OSError(11, "no child came to life")


def _clone(number: int, work: Callable[[bool], bytes], shared: mmap.mmap) -> int:
    clone = kernel.cloning(number)
    tools = [tool for tool in _TOOLS if _monitoring.get_tool(tool)]
    tracer, profiler = sys.gettrace(), sys.getprofile()
    with patience(_LONGEST_CLONE), paused() as was_enabled:
        try:
            sys.settrace(None)
            sys.setprofile(None)
            pid = clone()
            if pid == 0:
                # Nobody's tools are to be called here.
                for tool in tools:
                    _monitoring.set_events(tool, 0)
                _run(lambda: work(was_enabled), shared)
        finally:
            sys.setprofile(profiler)
            sys.settrace(tracer)
    if pid < 0:
        raise kernel.failure()
    return pid


def _run(work: Callable[[], bytes], shared: mmap.mmap) -> None:
    status = 1
    try:
        kernel.end_by_alarm(LONGEST_CAPTURE)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        # What may fail to return, because another thread held a lock, does so before the report of being alive.
        sys._current_frames()  # noqa: SLF001
        bytearray(2000), bytearray(200_000)  # too large for Python's own allocator
        shared[0] = _BORN
        told = work()[: _ROOM - 2]
        shared[1 : 1 + len(told)] = told
        shared[0] = _REPORTED
        status = 0
    finally:
        os._exit(status)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """One child at a time, and no signal until it is made: its handler could change what is to be seen.

    A forked service may have copied the lock while it was held, so it is not waited for without end.
    """
    is_alone = _births.acquire(timeout=10.0)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if is_alone:
            _births.release()
