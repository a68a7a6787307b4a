"""For programs that look at their own descriptors."""

from __future__ import annotations

import os


def is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
