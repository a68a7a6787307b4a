"""Installs triggers in a process, and captures on request.

At EMFILE neither ``import`` nor ``open()`` works. Whatever a capture needs is therefore loaded at ``install()``, and
from there on the work is done in C.
"""

from __future__ import annotations

import atexit
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from pyhandles.dump import metrics  # noqa: F401 - for whoever asks for it when no file can be opened
from pyhandles.dump.census import census as take_census
from pyhandles.dump.collectors import collector, substitution
from pyhandles.dump.paths import absolute, current_directory
from pyhandles.dump.recording import Recording, check_misuse, depth_of
from pyhandles.dump.triggers import trigger
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from pyhandles.dump.collectors import Collector
    from pyhandles.dump.recording import Misuse
    from pyhandles.dump.triggers.base import Trigger

LONGEST_WAIT_AT_EXIT = 60.0
"""Seconds. When the first process of a container ends, its children are killed: a capture under way must end first."""

Keys = Literal["all", "names", "none"]


class Arguments(NamedTuple):
    """What ``install()`` was called with. No dataclass: that module alone would double the time of an install."""

    path: str
    on: tuple[str, ...]
    cooldown: float
    maximum: int
    keys: Keys
    redact: bool
    quiet: bool
    fork: bool
    census: bool = False
    depth: int = 0
    """Of the stacks that are recorded; 0: nothing is."""
    misuse: Misuse = "report"


class Installation:
    """Triggers in force. As a context manager it takes them out again at the end of the block."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.triggers = [trigger(each) for each in dict.fromkeys(arguments.on)]
        self.collector: Collector = collector()
        self.recording = Recording(arguments.depth, arguments.misuse) if arguments.depth else None
        self.pid = os.getpid()
        self._set: list[Trigger] = []

    def set(self) -> None:
        """Begin to watch. Where one trigger cannot be set, none is."""
        if self.arguments.census:
            counts = take_census()
            self.collector.note_census(list(counts), list(counts.values()))
        _configure(self.arguments)
        self.collector.arm(self.arguments.cooldown, self.arguments.maximum)
        # Registered before the triggers' own functions, it runs after them.
        atexit.register(self._wait_at_exit)
        try:
            # Around the triggers: what they are about is in the record.
            if self.recording is not None:
                self.recording.start()
            for each in self.triggers:
                each.set(self)
                self._set.append(each)
        except BaseException:
            self.remove()
            raise

    def remove(self) -> None:
        """Put everything back."""
        while self._set:
            self._set.pop().remove()
        # After the triggers, whose hooks lie over what the collector may have put in.
        self.collector.disarm()
        self.collector.wait(LONGEST_WAIT_AT_EXIT)
        atexit.unregister(self._wait_at_exit)
        self._stop_recording()
        if self.arguments.census:
            self.collector.note_census([], [])

    def capture_at_exit(self, name: str) -> None:
        """As a trigger that fires last: in the process that installed, if no other has captured."""
        if self.pid != os.getpid():
            return
        self.collector.wait(LONGEST_WAIT_AT_EXIT)  # it may not have been decided yet that a call has failed
        if self.collector.fired() > 0:
            return
        _, text = _capture(self.arguments.path, name)
        if not self.arguments.quiet:
            self.collector.tell(text)

    def _wait_at_exit(self) -> None:
        # What fires while the interpreter is taken down would find none, or nobody to wait for its capture.
        self.collector.disarm()
        if not self.collector.wait(LONGEST_WAIT_AT_EXIT):
            self.collector.tell("pyhandles: a capture did not finish in time; no snapshot\n")
        # There is nobody left to capture it, and soon no interpreter to tell the stacks.
        self._stop_recording()

    def _stop_recording(self) -> None:
        if self.recording is not None:
            self.recording.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        uninstall()


_installation: Installation | None = None


def install(
    path: str | os.PathLike[str] | None = None,
    on: tuple[str, ...] = ("emfile", "exit"),
    *,
    cooldown: float = 300.0,
    maximum: int = 10,
    record: bool | int = False,
    misuse: Misuse = "report",
    keys: Keys = "names",
    redact: bool = False,
    quiet: bool = False,
    fork: bool = True,
    census: bool = False,
) -> Installation:
    """Capture a snapshot of this process whenever one of the triggers fires.

    path: where snapshots go, a directory or a file; ``{name}``, ``{pid}`` and ``{trigger}`` in it are filled in. A file
        that exists is never overwritten: the next free name is taken.
    on: ``emfile``, when a call fails because the process is out of descriptors; ``exit``, when the interpreter exits
        and no other trigger has captured; ``exception``, when one is not caught; ``signal:NAME``; ``threshold:N`` or
        ``threshold:P%``, when so many descriptors are open; ``errno:NAME``, when a call fails with it.
    cooldown: seconds in which triggers capture once at most. maximum: captures by triggers, in all.
    record: keep what happens to each descriptor, each time with the innermost 16 frames of the Python stack, or with as
        many as the number says, 1 to 64. misuse: what is done about a close or a use of a descriptor that is wrong in
        any program: ``report`` it once a site on stderr and in the snapshot, ``raise``, or ``off``.
    keys: which keys of dicts are told in clear: those that look like names, all or none.
    redact: leave out keys, arguments and exception messages, and hash names of files outside code and addresses of
        sockets. quiet: no lines on stderr.
    fork: capture in a child, while this process goes on. False, or where no child can be made: in this process, which
        stands still for it.
    census: count the objects of each type now, with objgraph, so that `summary` shows what has grown since.

    A second call with the same arguments does nothing.
    Raises: PyhandlesError if the arguments are wrong, differ from those in force, or the directory takes no files.
    """
    global _installation  # noqa: PLW0603 - a process has one
    depth = depth_of(record)
    check_misuse(misuse, depth)
    arguments = Arguments(
        absolute(path), tuple(on), cooldown, maximum, keys, redact, quiet, fork, census, depth, misuse
    )
    if _installation is not None and _installation.pid != os.getpid():
        uninstall()  # a forked child is a program of its own
    if _installation is not None:
        if _installation.arguments != arguments:
            raise PyhandlesError(
                "pyhandles is installed already, with other arguments", hint="call pyhandles.uninstall() first"
            )
        return _installation
    _check(arguments)
    installation = Installation(arguments)
    installation.set()
    _installation = installation
    if not quiet:
        _tell_of_substitution()
    return installation


def uninstall() -> None:
    """Put everything back as it was before ``install()``. Captures under way are finished."""
    global _installation  # noqa: PLW0603
    if _installation is not None:
        _installation.remove()
        _installation = None


def capture(path: str | os.PathLike[str] | None = None, reason: str = "request") -> str:
    """Capture a snapshot now, and return its path.

    Waits without the GIL; ignores cooldown and maximum; needs no ``install()``. ``reason`` stands in the snapshot as
    its trigger, and in the file's name where that has ``{trigger}``.
    Raises: PyhandlesError where no snapshot could be made.
    """
    if not reason or len(reason.encode()) > 60 or "\0" in reason:
        raise PyhandlesError(f"reason {reason!r} is empty or longer than 60 bytes", hint="take one short word")
    if _installation is None:
        _configure(Arguments(absolute(path), (), 0.0, 0, "names", redact=False, quiet=True, fork=True))
        _tell_of_substitution()
    target = _installation.arguments.path if path is None and _installation else absolute(path)
    written, text = _capture(target, reason)
    if written is None:
        raise PyhandlesError(text.strip().removeprefix("pyhandles: "), hint="look at the directory and its free space")
    return written


def _capture(path: str, trigger: str) -> tuple[str | None, str]:
    try:
        return collector().capture(path, trigger)
    except OSError as error:
        return None, f"pyhandles: neither a child process nor a thread could be made: {error.strerror}; no snapshot\n"


@cache
def _tell_of_substitution() -> None:
    line = substitution()
    if line is not None:
        collector().tell(line)


def _configure(arguments: Arguments) -> None:
    from pyhandles import __version__  # noqa: PLC0415 - the package imports this module

    collector().configure(
        arguments.path,
        __version__,
        sys.executable or "",
        current_directory(),
        arguments.keys,
        arguments.redact,
        arguments.quiet,
        not arguments.fork,
    )


def _check(arguments: Arguments) -> None:
    if arguments.keys not in {"all", "names", "none"}:
        raise PyhandlesError(f"keys={arguments.keys!r} is none of 'all', 'names', 'none'")
    if arguments.maximum < 0 or arguments.cooldown < 0:
        raise PyhandlesError("cooldown and maximum are not below zero")
    directory = os.path.dirname(arguments.path)
    if not os.path.isdir(directory):
        raise PyhandlesError(f"there is no directory {directory}", hint="make it, or give another path")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise PyhandlesError(f"no file can be made in {directory}", hint="give a path in a directory you may write to")
