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


class BadFilter(PyhandlesError):  # noqa: N818  # What it says, not that it says it.
    """What is to be looked for is not said, or not in a way that can be understood."""

    hint = "`help find` lists the filters."


class BadAddress(PyhandlesError):  # noqa: N818  # What it says, not that it says it.
    """An address of a socket is wanted, and there is none, or none that can be understood."""

    hint = "As in `who 127.0.0.1:3001`, `who :3001`, `who /run/app.sock` or `who @abstract`."


class NotRecorded(PyhandlesError):  # noqa: N818  # What it says, not that it says it.
    """The snapshot is of a program in which no recorder ran."""

    hint = "`install(record=True)` or `--record` has what happens to descriptors recorded."


class DescriptorMisuse(PyhandlesError):  # noqa: N818  # What it says, not that it says it.
    """Raised by the recorder, with ``misuse="raise"``, in the thread that did with a descriptor what is wrong.

    A thread can be made to raise a class, not an instance: ``saying`` makes one for a message.
    """

    hint = "the recorder raises it because of misuse='raise'; misuse='report' only tells of it"
    report = "a descriptor was misused"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(self.report if message is None else message)

    @classmethod
    def saying(cls, report: str) -> type[DescriptorMisuse]:
        """Make the subclass whose instances have this message, less what makes it a line of ours."""
        report = report.removeprefix("pyhandles: ").rstrip()
        return type(cls.__name__, (cls,), {"report": report, "__module__": cls.__module__, "__doc__": cls.__doc__})
