"""The end of a thread, which Python tells before it has come."""

from __future__ import annotations

import os
import time

_LOOKS = 1000


def wait_for_end(native: int) -> None:
    """Of a thread that has nothing left to do."""
    for _ in range(_LOOKS):
        try:
            os.stat(f"/proc/self/task/{native}")
        except OSError:
            return
        time.sleep(0.001)
