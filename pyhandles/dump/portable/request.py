"""What a capture is told, and what it reports."""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING, NamedTuple

from pyhandles.dump.portable import printing

if TYPE_CHECKING:
    from pyhandles.dump.portable.descriptors import Identities


class Settings(NamedTuple):
    """What all captures share. stderr: device and inode of standard error as it was at the start."""

    path: str
    package: str
    executable: str
    directory: str
    keys: str
    redact: bool
    quiet: bool
    no_fork: bool
    python: str
    platform: str
    machine: str
    stderr: tuple[int, int] | None


class Request(NamedTuple):
    """at_start: what was open when triggers were armed. thread: who asks.

    census: how many objects there were of each type, by its name.
    secret: what the keys of this snapshot are hashed with.
    """

    settings: Settings
    path: str
    trigger: str
    error: int | None
    pid: int
    parent: int
    thread: int
    at_start: Identities
    census: dict[str, int]
    secret: bytes


class Report(NamedTuple):
    """What came of it. path: of the snapshot, or None where ``failure`` says why there is none."""

    path: str | None
    failure: str
    open: int = 0
    limit: int = 0
    group: str = ""
    objects: int = 0
    seconds: float = 0.0
    mode: str = "fork"


def report_text(request: Request, report: Report) -> str:
    """What there is to say, as lines."""
    if report.path is None:
        return f"pyhandles: {report.failure}; no snapshot\n"
    cause = "too many open files: " if request.error == errno.EMFILE else ""
    group = f", {printing.safely(report.group)}" if report.group else ""
    manner = "" if report.mode == "fork" else ", while the process stood still"
    return (
        f"pyhandles: {cause}{report.open} of {report.limit} descriptors open{group}\n"
        f"pyhandles: captured {report.objects} objects in {report.seconds:.1f} s{manner}; "
        f"look with: pyhandles shell {printing.for_shell(report.path)}\n"
    )


def ended_text(status: int) -> str:
    """Why a child that has not reported came to its end."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"the capture was ended by signal {number} ({signal.strsignal(number)})"
    return "the capture ended before its time"
