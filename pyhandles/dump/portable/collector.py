"""The portable collector, by the same functions as the native one; see ``_native.pyi``."""

from __future__ import annotations

import _thread
import contextlib
import errno
import json
import os
import platform
import select
import time
from typing import Literal

from pyhandles.dump.portable import child, inplace
from pyhandles.dump.portable.descriptors import Identities, identify
from pyhandles.dump.portable.errnos import ErrnoWatch
from pyhandles.dump.portable.keys import draw_secret
from pyhandles.dump.portable.layout import find_layout
from pyhandles.dump.portable.number import NumberWatch
from pyhandles.dump.portable.place import APART, CHILD, WITHIN, Place
from pyhandles.dump.portable.request import Report, Request, Settings, ended_text, report_text
from pyhandles.dump.portable.snapshot import capture as capture_snapshot
from pyhandles.dump.portable.stages import Failed

__all__ = [
    "arm",
    "capture",
    "configure",
    "disarm",
    "fire",
    "fired",
    "note_census",
    "tell",
    "wait",
    "watch_errno",
    "watch_number",
]


_PATIENCE_MS = 200
"""For a pipe that is full, and that perhaps nobody reads."""


class _Job:
    """A capture that a child makes."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.pid = os.getpid()
        self.is_attended = True
        self.done = _thread.allocate_lock()
        self.done.acquire()
        self._child = child.start(lambda was_enabled: _work(request, CHILD, is_collector_enabled=was_enabled))

    def finish(self) -> Report:
        """Wait for the end of it."""
        try:
            told, status = self._child.wait()
        except child.Stalled:
            return Report(None, "the capture stood still: its child has copied a lock that was held; try again")
        return Report(*json.loads(told)) if told else Report(None, ended_text(status))

    def finish_in_background(self) -> None:
        """Where no thread can be made, whoever waits for it finishes it."""
        try:
            _thread.start_new_thread(self.finish_and_tell, ())
        except RuntimeError:
            self.is_attended = False

    def finish_and_tell(self) -> None:
        try:
            _tell(self.request, self.finish())
        finally:
            self.done.release()


class _State:
    """Of this process: what is configured, and the captures by triggers."""

    settings: Settings
    cooldown = 0.0
    maximum = 0
    fired = 0
    last = 0.0

    def __init__(self) -> None:
        self.layout = find_layout()
        self.jobs: list[_Job] = []
        self.firing = _thread.allocate_lock()
        self.errnos = ErrnoWatch(_fire)
        self.numbers = NumberWatch(fire)
        self.at_start: Identities = {}
        self.census: dict[str, int] = {}


def configure(  # noqa: PLR0917 - as the native one
    path: str,
    package: str,
    executable: str,
    directory: str,
    keys: Literal["all", "names", "none"],
    redact: bool,  # noqa: FBT001 - by position, as the native one
    quiet: bool,  # noqa: FBT001
    no_fork: bool,  # noqa: FBT001
    /,
) -> None:
    system = os.uname()
    _state.settings = Settings(
        path, package, executable, directory, keys, redact, quiet, no_fork,
        platform.python_version(), system.sysname, system.machine, _standard_error(),
    )  # fmt: skip


def arm(cooldown: float, maximum: int, /) -> None:
    _state.cooldown, _state.maximum = cooldown, maximum
    _state.fired, _state.last = 0, 0.0
    _state.at_start = identify()


def note_census(names: list[str], counts: list[int], /) -> None:
    _state.census = dict(zip(names, counts, strict=True))


def watch_errno(number: int, name: str, /) -> None:
    _state.errnos.watch(number, name)


def watch_number(count: int, name: str, /) -> None:
    _state.numbers.watch(count, name)


def fire(name: str, /) -> None:
    _fire(name, None)


def disarm() -> None:
    _state.errnos.remove()
    _state.numbers.stop()
    _state.numbers = NumberWatch(fire)


def capture(path: str, trigger: str, /) -> tuple[str | None, str]:
    request = _request(path, trigger, None)
    try:
        job = _begin(request)
        report = job.finish() if job else _capture_in_place(request)
    except MemoryError as error:
        report = Report(None, _not_started(error))
    return report.path, report_text(request, report)


def wait(seconds: float, /) -> bool:
    deadline = time.monotonic() + seconds
    jobs, _state.jobs = _state.jobs, []
    # A forked service has its parent's list, and none of its children.
    own = [job for job in jobs if job.pid == os.getpid()]
    for job in own:
        if not job.is_attended:
            job.finish_and_tell()
    return all(job.done.acquire(timeout=max(0.0, deadline - time.monotonic())) for job in own)


def fired() -> int:
    return _state.fired


def tell(text: str, /) -> None:
    if _standard_error() == _state.settings.stderr:
        place = select.poll()
        place.register(2, select.POLLOUT)
        with contextlib.suppress(OSError):  # nobody is there to be told
            # Where nobody reads any longer, there is an error beside POLLOUT, and to write would be a SIGPIPE.
            if place.poll(_PATIENCE_MS) == [(2, select.POLLOUT)]:
                os.write(2, text.encode(errors="replace")[: select.PIPE_BUF])  # so many fit if any do


def _request(path: str, trigger: str, error: int | None) -> Request:
    process, thread = (os.getpid(), os.getppid()), _thread.get_ident()
    known = _state.at_start, _state.census
    return Request(_state.settings, path, trigger, error, *process, thread, *known, draw_secret())


def _begin(request: Request) -> _Job | None:
    """In a child; None where none can be made, or is wanted."""
    if request.settings.no_fork:
        return None
    try:
        return _Job(request)
    except OSError:
        return None


def _capture_in_place(request: Request) -> Report:
    def work(is_collector_enabled: bool, own_table: bool) -> bytes:  # noqa: FBT001 - as it is called
        return _work(request, APART if own_table else WITHIN, is_collector_enabled=is_collector_enabled)

    told = inplace.run(work)
    return Report(*json.loads(told)) if told else Report(None, "the capture ended before its time")


def _work(request: Request, place: Place, *, is_collector_enabled: bool) -> bytes:
    try:
        report = capture_snapshot(request, _state.layout, place, is_collector_enabled=is_collector_enabled)
    except Failed as failed:
        report = Report(None, str(failed))
    except Exception as error:  # noqa: BLE001 - a mistake of ours: the service is told, and goes on
        report = Report(None, f"the capture failed with {type(error).__name__} at {_place(error)}")
    return json.dumps(report).encode()


def _place(error: BaseException) -> str:
    """Where it was raised. The traceback module would read the sources, by calls that a child may not make."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else "an unknown place"


def _fire(name: str, error: int | None) -> None:
    """Nothing that goes wrong here is the program's. What interrupts it, a Ctrl-C say, is."""
    if not _is_due():
        return
    request = _request(_state.settings.path, name, error)
    try:
        job = _begin(request)
        if job is None:
            _tell(request, _capture_in_place(request))
            return
        _state.jobs = [each for each in _state.jobs if each.done.locked()]
        _state.jobs.append(job)
        job.finish_in_background()
    except Exception as failure:  # noqa: BLE001
        _tell(request, Report(None, _not_started(failure)))


def _not_started(failure: Exception) -> str:
    number = errno.ENOMEM if isinstance(failure, MemoryError) else getattr(failure, "errno", None)
    return f"could not start: {os.strerror(number) if number else failure}"


def _is_due() -> bool:
    # Not to be waited for: a signal's handler may come here while its own thread is within.
    if not _state.firing.acquire(blocking=False):
        return False
    try:
        now = time.monotonic()
        if _state.fired >= _state.maximum or (_state.fired and now - _state.last < _state.cooldown):
            return False
        _state.fired += 1
        _state.last = now
        return True
    finally:
        _state.firing.release()


def _tell(request: Request, report: Report) -> None:
    if not request.settings.quiet:
        tell(report_text(request, report))


def _standard_error() -> tuple[int, int] | None:
    """Which file standard error is; descriptor 2 may become another."""
    try:
        status = os.fstat(2)
    except OSError:
        return None
    return status.st_dev, status.st_ino


_state = _State()
