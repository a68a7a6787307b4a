"""Recording what is done to descriptors: whether it is, how deep the stacks are, and where calls are delayed."""

from __future__ import annotations

import atexit
import errno
import os
import sys
from typing import Any, Literal, Protocol, TypeVar, cast

from pyhandles.dump.collectors import collector
from pyhandles.dump.spelling import did_you_mean
from pyhandles.errors import PyhandlesError

Misuse = Literal["report", "raise", "off"]

POLICIES = ("report", "raise", "off")
DEFAULT_DEPTH = 16
DEEPEST = 64
LONGEST_DELAY_MS = 60_000


Row = TypeVar("Row", bound=tuple[Any, ...])


class Recorder(Protocol):
    """The part of the native collector that records; ``_native.pyi`` says it in full."""

    def record(self, depth: int, misuse: Misuse, standard: str, packages: list[str], /) -> None: ...
    def unrecord(self) -> None: ...
    def counters(self, kind: type[Row], /) -> list[Row]: ...
    def settle(self) -> None: ...
    def hooked(self) -> set[str]: ...
    def sums(self) -> tuple[int, int, int, int]: ...
    def widen(self, call: str, site: str, nanoseconds: int, /) -> None: ...


class Recording:
    """What ``install()`` was asked to record. At most one is started in a process."""

    def __init__(self, depth: int, misuse: Misuse) -> None:
        self._depth = depth
        self._misuse: Misuse = misuse
        self._recorder = _recorder()

    def start(self) -> None:
        """Put the hooks in. Raises: PyhandlesError where that cannot be done here."""
        global _started  # noqa: PLW0603 - a process has one
        standard, packages = _libraries()
        try:
            self._recorder.record(self._depth, self._misuse, standard, packages)
        except OSError as error:
            why = f"not on {os.uname().machine} yet" if error.errno == errno.ENOTSUP else error.strerror
            raise PyhandlesError(f"recording cannot begin: {why}", hint=LEFT_OUT) from error
        _started = self._recorder
        atexit.register(self._recorder.settle)

    def stop(self) -> None:
        """Take them out again. What was counted is forgotten by the next start only."""
        global _started  # noqa: PLW0603
        if _started is not None:
            atexit.unregister(_started.settle)
            _started.unrecord()
            _started = None


_started: Recorder | None = None

LEFT_OUT = "leave record=True or --record out"


def started() -> Recorder | None:
    """What records in this process."""
    return _started


def depth_of(record: object) -> int:
    """How many frames to keep of each stack; 0: nothing is recorded.

    Raises: PyhandlesError where it is neither True or False nor a number from 1 to 64.
    """
    if isinstance(record, bool):
        return DEFAULT_DEPTH if record else 0
    if not isinstance(record, int) or not 1 <= record <= DEEPEST:
        raise PyhandlesError(
            f"record={record!r} is no number of frames from 1 to {DEEPEST}",
            hint=f"record=True keeps {DEFAULT_DEPTH} of each stack",
        )
    return record


def check_misuse(misuse: str, depth: int) -> None:
    """Raises: PyhandlesError where there is no such policy, or where nothing is recorded that it could be for."""
    if misuse not in POLICIES:
        raise PyhandlesError(f"misuse={misuse!r} is none of 'report', 'raise', 'off'")
    if misuse == "raise" and not depth:
        raise PyhandlesError("misuse='raise' is about what is recorded", hint="add record=True")


def widen(call: str, *, site: str, milliseconds: float) -> None:
    """Put a delay before each call of this name at this site: a race that is lost once a day is lost at once.

    call: as the C library calls it, such as ``close``. site: ``pool.py:reconnect`` or ``pool.py:31``. milliseconds: 0
    takes the delay away.
    Raises: PyhandlesError where nothing is recorded, or where one of them is wrong.
    """
    if _started is None:
        raise PyhandlesError("nothing is recorded here", hint="call pyhandles.install(record=True) first")
    if not 0 <= milliseconds <= LONGEST_DELAY_MS:
        raise PyhandlesError(f"a delay of {milliseconds} ms is not from 0 to {LONGEST_DELAY_MS}")
    try:
        _started.widen(call, site, int(milliseconds * 1e6))
    except ValueError as error:
        hint = None if call in _started.hooked() else did_you_mean(call, _started.hooked())
        raise PyhandlesError(str(error), hint or "for example: close@pool.py:reconnect=5") from None


def _recorder() -> Recorder:
    found = collector()
    if not hasattr(found, "record"):
        raise PyhandlesError("recording needs the extension, and the portable collector captures here", hint=LEFT_OUT)
    return cast("Recorder", found)


def _libraries() -> tuple[str, list[str]]:
    """The directory of the standard library, and those of installed packages, which may lie in it."""
    standard = os.path.dirname(getattr(os, "__file__", "")) or "<none>"
    names = ("site-packages", "dist-packages")
    within = [os.path.join(standard, name) for name in names]
    listed = [directory for directory in sys.path if os.path.basename(directory.rstrip("/")) in names]
    return standard, list(dict.fromkeys(within + listed))
