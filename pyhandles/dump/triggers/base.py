"""What every trigger is to the installation, and the installation to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyhandles.dump.collectors import Collector


class Service(Protocol):
    """The process that a trigger watches."""

    @property
    def collector(self) -> Collector:
        """What captures. Its ``fire(name)`` begins a capture, unless none is due, and returns at once."""

    def capture_at_exit(self, name: str) -> None:
        """Capture, unless a trigger has captured before, and wait for the end of it."""


class Trigger:
    """One cause of captures. ``name`` is as the user wrote it; it stands in the snapshot."""

    takes_argument = False

    def __init__(self, name: str, argument: str) -> None:  # noqa: ARG002 - for those that take one
        self.name = name

    def set(self, service: Service) -> None:
        """Begin to watch for the cause."""
        raise NotImplementedError

    def remove(self) -> None:
        """Put back what ``set`` has changed in Python. What the collector watches, it forgets by itself."""
