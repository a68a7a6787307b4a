"""Which search is for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.ends import internet, unix
from pyhandles.findings.ends.around import Around
from pyhandles.findings.ends.pipes import pipe_end
from pyhandles.findings.ends.terminals import is_terminal_end, terminal_end

if TYPE_CHECKING:
    from pyhandles.findings.ends.end import End
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Descriptor


def other_end(snapshot: Snapshot, fd: int) -> End | None:
    """The other end of what is open at this number; None for what has none, and where nothing is known of it.

    Without what the kernel tells of the surroundings, it is known if it is in this process, except of Unix sockets.
    """
    return snapshot.derive(_Found).of(fd)


class _Found:
    """Each looked for once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._around = snapshot.derive(Around)
        self._ends: dict[int, End | None] = {}

    def of(self, fd: int) -> End | None:
        if fd not in self._ends:
            descriptor = self._around.descriptors.get(fd)
            self._ends[fd] = _search(self._around, descriptor) if descriptor else None
        return self._ends[fd]


def _search(around: Around, descriptor: Descriptor) -> End | None:
    if descriptor.family == unix.FAMILY:
        return unix.unix_end(around, descriptor)
    if descriptor.family in internet.FAMILIES:
        return internet.internet_end(around, descriptor)
    if is_terminal_end(descriptor):
        return terminal_end(around, descriptor)
    return pipe_end(around, descriptor) if kind_of(descriptor) in {"pipe", "fifo"} else None
