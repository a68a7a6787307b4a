"""What happened to descriptors so far, in numbers: for a service's metrics."""

from __future__ import annotations

import errno
import os
import resource
from typing import NamedTuple

from pyhandles.dump.collectors import collector
from pyhandles.dump.recording import started


class CallSite(NamedTuple):
    """The calls of one name from one place."""

    call: str
    """As programmers call it: ``open``, also where ``open64`` of the C library is called."""

    site: str | None
    """``file:line in function``, the innermost outside the standard library; a library's file, where no Python code
    ran; None for all those beyond the bound of sites."""

    in_children: bool
    """Calls of forked children, which count apart from those of the process that installed."""

    calls: int
    errors: int
    seconds: float

    by_errno: dict[int, int]
    """How many failed with each errno; under 0 those with still others."""


class Calls(NamedTuple):
    """Counters, which only grow until pyhandles is installed anew.

    Where nothing is recorded, ``open`` and ``captures`` are told all the same; the others are None, and there are no
    ``sites``.
    """

    open: int | None
    """Descriptors that are open now. None where /proc is not there to tell."""

    captures: int
    """Begun by triggers since ``install()``."""

    opens: int | None
    """Calls that have made descriptors, one or two. This and the next three are without those of forked children."""

    closes: int | None
    """Calls that have closed descriptors."""

    reconnects: int | None
    """Connections to the same address, from the same site, as one that was closed in the last minute."""

    emfile: int | None
    """Calls that failed because too many files were open."""

    sites: tuple[CallSite, ...]


def calls() -> Calls:
    """What happened to descriptors so far, in numbers. Cheap enough to be asked every second."""
    captures = collector().fired()
    recorder = started()
    if recorder is None:
        return Calls(open_descriptors(), captures, None, None, None, None, ())
    opens, closes, reconnects, emfile = recorder.sums()
    sites = tuple(recorder.counters(CallSite))
    return Calls(open_descriptors(), captures, opens, closes, reconnects, emfile, sites)


def open_descriptors() -> int | None:
    """How many are open.

    Linux tells it as the size of the directory since 6.2; before that they are listed, by one more.
    """
    try:
        return os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd")) - 1
    except OSError as error:
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0] if error.errno == errno.EMFILE else None
