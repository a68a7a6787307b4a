"""What a capture was at when it failed, in the words of the native collector."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from pyhandles.dump.portable import printing

if TYPE_CHECKING:
    from collections.abc import Iterator


class Failed(Exception):  # noqa: N818 - of these modules, and no user's
    """The system refuses something, and this is what there is to say of it."""


@contextlib.contextmanager
def stage(text: str, path: str = "") -> Iterator[None]:
    """Raises: Failed where the block raises OSError, or has no memory."""
    try:
        yield
    except (OSError, MemoryError) as error:
        number = error.errno if isinstance(error, OSError) else errno.ENOMEM
        where = f" {printing.safely(path)}" if path else ""
        raise Failed(f"{text}{where}: {os.strerror(number or 0)}") from None
