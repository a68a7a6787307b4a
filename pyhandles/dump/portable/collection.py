"""Keeping the garbage collector from coming while a capture is under way: it would free what is to be seen."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_enabled = bytearray()
"""What the service had chosen, by those who wait for it; the first is true to the service. Bytes, so that it is nothing
which the capture finds otherwise than it was."""


def pause() -> None:
    """From here on there is none, until `resume`. Makes no object by which one would begin."""
    enabled = gc.isenabled()
    gc.disable()
    _enabled.append(enabled)


def resume() -> None:
    if _enabled.pop():
        gc.enable()


@contextmanager
def paused() -> Iterator[bool]:
    """No collection inside. Gives whether the service has its collector enabled; may be nested."""
    pause()
    try:
        yield bool(_enabled[0])
    finally:
        resume()
