"""The other end of a pseudoterminal: the master of a slave, the slaves of a master."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.ends.end import End, held_end

if TYPE_CHECKING:
    from pyhandles.findings.ends.around import Around
    from pyhandles.snapshot.records import Descriptor

SLAVES = "/dev/pts/"
MASTERS = {"/dev/ptmx", "/dev/pts/ptmx"}


def terminal_end(around: Around, descriptor: Descriptor) -> End | None:
    """None where it is not known of which pseudoterminal it is an end."""
    file = around.files.get(descriptor.fd)
    if file is None or file.terminal < 0:
        return None
    is_master = is_master_end(descriptor)
    ours = [
        other.fd
        for other in around.files.values()
        if other.terminal == file.terminal
        and other.fd in around.descriptors
        and is_master_end(around.descriptors[other.fd]) != is_master
    ]
    itself = (descriptor.device, descriptor.inode)
    theirs = [row for row in around.at_terminal(file.terminal) if (row.device, row.inode) != itself]
    found = held_end(around.snapshot, ours, theirs, remark="" if is_master else ", its master")
    if found or not (is_master and around.knows_processes):
        return found or around.unseen(sockets=False)
    return End("gone", f"nobody: {SLAVES}{file.terminal} is open nowhere")


def is_master_end(descriptor: Descriptor) -> bool:
    return descriptor.link in MASTERS


def is_terminal_end(descriptor: Descriptor) -> bool:
    return is_master_end(descriptor) or (descriptor.link or "").startswith(SLAVES)
