"""The other end of a pipe or a fifo: whoever has the same file open the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.ends.end import End, held_end
from pyhandles.findings.processes import access_of
from pyhandles.format import AccessFlag

if TYPE_CHECKING:
    from pyhandles.findings.ends.around import Around
    from pyhandles.snapshot.records import Descriptor

_BOTH = AccessFlag.READ | AccessFlag.WRITE
STANDARD = range(3)
_NOBODY = {
    AccessFlag.READ: "nobody: it is open for reading nowhere",
    AccessFlag.WRITE: "nobody: it is open for writing nowhere",
}


def pipe_end(around: Around, descriptor: Descriptor) -> End | None:
    access = access_of(descriptor)
    if not descriptor.inode or not access:
        return None
    if access == _BOTH:
        return End("here", "itself: it reads and writes", (descriptor.fd,))
    wanted = AccessFlag.WRITE if access == AccessFlag.READ else AccessFlag.READ
    ours = [
        fd
        for fd in around.ours(descriptor.inode)
        if around.descriptors[fd].device == descriptor.device and access_of(around.descriptors[fd]) & wanted
    ]
    rows = [row for row in around.theirs(descriptor.inode) if row.device in {0, descriptor.device}]
    found = held_end(around.snapshot, ours, [row for row in rows if row.access & wanted])
    if found:
        return found
    # What it was started with may lead out of the container.
    is_inherited = descriptor.start == 1 or descriptor.fd in STANDARD
    if around.knows_processes and not is_inherited and all(row.access for row in rows):
        return End("gone", _NOBODY[wanted])
    return around.unseen(sockets=False)
