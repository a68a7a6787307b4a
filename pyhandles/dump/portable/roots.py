"""Where reachability starts, of what Python shows: modules, frames, the interpreter's and the threads' state."""

from __future__ import annotations

import builtins
import gc
import signal
import sys
from typing import TYPE_CHECKING, Any

from pyhandles.format import RootKind

if TYPE_CHECKING:
    from collections.abc import Iterator

Root = tuple[object, RootKind, object]
"""An object, and the name that it is a root by."""


def roots() -> Iterator[Root]:
    """All but the frames."""
    for name, module in sys.modules.items():
        if module is not None:
            yield module, RootKind.MODULE, name
    yield sys.modules, RootKind.INTERPRETER, "sys.modules"
    yield vars(builtins), RootKind.INTERPRETER, "builtins"
    yield vars(sys), RootKind.INTERPRETER, "sys"
    yield gc.garbage, RootKind.INTERPRETER, "gc.garbage"
    yield gc.callbacks, RootKind.INTERPRETER, "gc.callbacks"
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler):
            yield handler, RootKind.INTERPRETER, "signal handler"
    errors: dict[int, Any] = dict(sys._current_exceptions())  # noqa: SLF001
    for error in errors.values():
        value = error[1] if isinstance(error, tuple) else error  # a triple before 3.12
        if value is not None:
            yield value, RootKind.THREAD, "exception being handled"
