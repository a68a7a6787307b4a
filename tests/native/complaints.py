"""What a process wrote to standard error, but for a note of the address sanitiser's."""

from __future__ import annotations

import re

_NOTE = re.compile(r"==\d+==WARNING: ASan is ignoring requested __asan_handle_no_return: .*\n.*\n.*\n")


def complaints(stderr: str) -> str:
    """The sanitiser notes each process of ours that ends on a stack that we gave it, while standard error is open."""
    return _NOTE.sub("", stderr)
