"""Chooses what reads the heap. The one place that knows which collectors there are."""

from __future__ import annotations

from typing import Literal, Protocol

from pyhandles.errors import PyhandlesError

__all__ = ["Collector", "collector"]


class Collector(Protocol):
    """What a collector does; ``_native.pyi`` says it in full."""

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
    def watch_errno(self, number: int, name: str, /) -> None: ...
    def watch_number(self, count: int, name: str, /) -> None: ...
    def fire(self, name: str, /) -> None: ...
    def disarm(self) -> None: ...
    def capture(self, path: str, trigger: str, /) -> tuple[str | None, str]: ...
    def wait(self, seconds: float, /) -> bool: ...
    def fired(self) -> int: ...
    def tell(self, text: str, /) -> None: ...


def collector() -> Collector:
    """The collector that runs here.

    Raises: PyhandlesError where the extension was not built, or was built for another CPython.
    """
    try:
        return _native_collector()
    except ImportError as error:
        raise PyhandlesError(
            f"the capturing extension does not load: {error}",
            hint="install pyhandles again with this Python, on a machine with a C compiler",
        ) from error


def _native_collector() -> Collector:
    from pyhandles.dump import _native  # noqa: PLC0415 - it may not be there

    if getattr(_native, "__file__", None) is None:
        # Without the extension, the folder of its sources is what the name finds.
        raise ImportError("it was not built")
    return _native
