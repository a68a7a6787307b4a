"""What a capture is due at: one small file a trigger, and one line for it in the table below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.dump.triggers.errnos import Emfile, Errno
from pyhandles.dump.triggers.exception import UncaughtException
from pyhandles.dump.triggers.exit import Exit
from pyhandles.dump.triggers.names import unknown
from pyhandles.dump.triggers.signals import Signal
from pyhandles.dump.triggers.threshold import Threshold
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from pyhandles.dump.triggers.base import Trigger

TABLE: dict[str, type[Trigger]] = {
    "emfile": Emfile,
    "exit": Exit,
    "exception": UncaughtException,
    "signal": Signal,
    "threshold": Threshold,
    "errno": Errno,
}

EXAMPLES = "emfile, exit, exception, signal:USR1, threshold:900, threshold:80%, errno:EBADF"


def trigger(text: str) -> Trigger:
    """The trigger that a text names, such as ``emfile`` or ``signal:USR1``.

    Raises: PyhandlesError where there is none, or where what follows the colon is not for it.
    """
    kind, colon, argument = text.partition(":")
    if kind not in TABLE:
        raise unknown("trigger", kind, TABLE, EXAMPLES)
    if TABLE[kind].takes_argument and not argument:
        raise PyhandlesError(f"trigger {kind!r} wants a colon and what it is for", hint=f"for example: {EXAMPLES}")
    if colon and not TABLE[kind].takes_argument:
        raise PyhandlesError(f"trigger {kind!r} takes nothing after a colon", hint=f"for example: {EXAMPLES}")
    return TABLE[kind](text, argument)
