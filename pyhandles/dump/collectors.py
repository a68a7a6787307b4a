"""Chooses what reads the heap. The one place that knows which collectors there are."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Literal, Protocol

from pyhandles.errors import PyhandlesError

__all__ = ["Collector", "collector", "substitution"]

VARIABLE = "PYHANDLES_COLLECTOR"


class Collector(Protocol):
    """What both collectors do; ``_native.pyi`` says it in full."""

    __name__: str

    def configure(  # noqa: PLR0917 - as C takes them
        self,
        path: str,
        package: str,
        executable: str,
        directory: str,
        keys: Literal["all", "names", "none"],
        redact: bool,  # noqa: FBT001 - by position
        quiet: bool,  # noqa: FBT001
        no_fork: bool,  # noqa: FBT001
        /,
    ) -> None: ...
    def arm(self, cooldown: float, maximum: int, /) -> None: ...
    def note_census(self, names: list[str], counts: list[int], /) -> None: ...
    def watch_errno(self, number: int, name: str, /) -> None: ...
    def watch_number(self, count: int, name: str, /) -> None: ...
    def fire(self, name: str, /) -> None: ...
    def disarm(self) -> None: ...
    def capture(self, path: str, trigger: str, /) -> tuple[str | None, str]: ...
    def wait(self, seconds: float, /) -> bool: ...
    def fired(self) -> int: ...
    def tell(self, text: str, /) -> None: ...


@cache
def collector() -> Collector:
    """The collector that runs here.

    The one that ``PYHANDLES_COLLECTOR`` names; else the native one; and where that was not built, or was built for
    another CPython, the portable one.

    Raises: PyhandlesError where the one that is asked for is not there, and on free-threaded builds of CPython, whose
    heap neither of them reads.
    """
    if "t" in sys.abiflags:
        raise PyhandlesError(
            "free-threaded builds of CPython are not captured yet",
            hint="run the program with an ordinary build; its snapshots can be explored with this one",
        )
    wanted = os.environ.get(VARIABLE, "")
    if wanted not in {"", "native", "portable"}:
        raise PyhandlesError(f"{VARIABLE}={wanted} is no collector", hint="it is native or portable")
    if wanted == "portable":
        return _portable()
    native = _native_collector()
    if not isinstance(native, str):
        return native
    if wanted == "native":
        raise PyhandlesError(
            f"the capturing extension does not load: {native}",
            hint="install pyhandles again with this Python, on a machine with a C compiler",
        )
    return _portable()


def substitution() -> str | None:
    """A line that says why the portable collector captures, or None where it does not or is what was asked for."""
    native = _native_collector()
    if os.environ.get(VARIABLE) or not isinstance(native, str):
        return None
    return f"pyhandles: no capturing extension here ({native}); the portable collector captures, and sees less\n"


@cache
def _native_collector() -> Collector | str:
    """It, or why it does not load."""
    try:
        from pyhandles.dump import _native  # noqa: PLC0415 - it may not be there
    except ImportError as error:
        return str(error)
    # Without the extension, the folder of its sources is what the name finds.
    return "it was not built" if getattr(_native, "__file__", None) is None else _native


def _portable() -> Collector:
    from pyhandles.dump.portable import collector as portable  # noqa: PLC0415 - the native one does without it

    return portable
