"""Where a thread is: as the recorder sees it, and as Python itself does."""

from __future__ import annotations

import sys
import sysconfig
from types import FrameType

from pyhandles.dump import _native

STANDARD = sysconfig.get_path("stdlib")
PACKAGES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
DEPTH = 16

where = _native.where
"""For the function that calls it: the frames, innermost first; the one to tell of; the thread; the stack's number; how
many stacks and sites there are."""


def know(depth: int) -> None:
    """Have the recorder keep so many frames from here on. It knows of stacks from its first start on."""
    _native.record(depth, "off", STANDARD, list(PACKAGES))
    _native.unrecord()


know(DEPTH)


def frames() -> list[tuple[str, str, int]]:
    """What Python says of the same frames: call both on one line."""
    found: list[tuple[str, str, int]] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and len(found) < DEPTH:
        found.append((frame.f_code.co_filename, frame.f_code.co_qualname, frame.f_lineno or 0))
        frame = frame.f_back
    return found
