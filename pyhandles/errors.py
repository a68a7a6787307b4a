"""What can go wrong, said so that the user knows what to do next."""

from __future__ import annotations


class PyhandlesError(Exception):
    """An error that is told in one line, with a hint and without a traceback.

    ``exit_code`` is the status that a command line ends with. A subclass gives its own default hint and status.
    """

    hint: str | None = None
    exit_code: int = 1

    def __init__(self, message: str, hint: str | None = None, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if hint is not None:
            self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code


class SnapshotError(PyhandlesError):
    """A file that cannot be read as a snapshot: the message says which of the reasons it is."""

    exit_code = 2


class UnknownObject(PyhandlesError):  # noqa: N818  # What it says, not that it says it.
    """A name, number or address that stands for nothing in the snapshot."""

    hint = "`io list` shows the descriptors and the addresses of the objects that own them."
