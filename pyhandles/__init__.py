"""Says which Python object holds each open descriptor, and why nothing closed it.

    pyhandles.install()              capture a snapshot when the process runs out of descriptors, and at its exit
    pyhandles.capture()              capture one now
    pyhandles.calls()                what happened to descriptors so far, in numbers, for a service's metrics
    pyhandles.load("app-17.pkl")     a snapshot, to ask from Python; `pyhandles shell app-17.pkl` asks it in a shell

Importing this module costs next to nothing: each name below comes from its own half when it is first used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
"""As typing has it, without importing typing: that would be half the cost of an install."""

if TYPE_CHECKING:
    import os
    from typing import Any

    from pyhandles.dump.installation import capture, install, uninstall
    from pyhandles.dump.metrics import calls
    from pyhandles.dump.recording import widen
    from pyhandles.loaded import LoadedSnapshot

__version__ = "0.1.0"

__all__ = ["calls", "capture", "install", "load", "uninstall", "widen"]


def load(path: str | os.PathLike[str]) -> LoadedSnapshot:
    """Open a snapshot, to ask it what the shell answers.

    Raises: SnapshotError where the file is none, is cut short or altered, or is of a newer version.
    """
    loaded: LoadedSnapshot = import_module("pyhandles.loaded").LoadedSnapshot.open(path)
    return loaded


def __getattr__(name: str) -> Any:
    if name in {"capture", "install", "uninstall"}:
        return getattr(import_module("pyhandles.dump.installation"), name)
    if name == "calls":
        return import_module("pyhandles.dump.metrics").calls
    if name == "widen":
        return import_module("pyhandles.dump.recording").widen
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
