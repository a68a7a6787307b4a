"""Who would notice that something has come to a descriptor, or its end: a thread in a call, a set, or nobody."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyhandles.findings.claims import Claims
from pyhandles.findings.wait_texts import EPOLLS
from pyhandles.findings.waits import thread_waits

if TYPE_CHECKING:
    from pyhandles.findings.waits import ThreadWait
    from pyhandles.snapshot import Snapshot

_READABLE = 0x1 | 0x2000

_NOBODY = "no thread waits for {what} and no epoll set watches {it}, so nobody looks for the end"
NOBODY_OF_MANY = _NOBODY.format(what="any of them", it="one")


@dataclass(frozen=True, slots=True)
class Watching:
    """kind: ``thread``: one is in a call on it; ``epoll``: a set has it; ``deaf``: a set has it, but not for reading.

    why_open: the end of a sentence on a connection whose end nobody acts on. thread: the one in the call.
    """

    kind: Literal["thread", "epoll", "deaf", "nobody", "unknown"]
    why_open: str
    thread: str | None = None


def watching(snapshot: Snapshot, fd: int) -> Watching:
    waiting, sets = snapshot.derive(_threads_by_fd).get(fd, ()), snapshot.derive(_sets_by_fd).get(fd, ())
    if waiting:
        wait = waiting[0]
        place = f", {wait.place}" if wait.place else ""
        return Watching("thread", f"thread {wait.thread} is in {wait.call}() on fd {fd}{place}", wait.thread)
    if sets:
        listening = [number for number, events in sets if events & _READABLE]
        if listening:
            return Watching("epoll", f"epoll fd {listening[0]} watches fd {fd}, and its loop has not acted on that yet")
        deaf = f"epoll fd {sets[0][0]} watches fd {fd}, but not for reading, so nobody looks for the end"
        return Watching("deaf", deaf)
    if _is_known(snapshot):
        return Watching("nobody", _NOBODY.format(what=f"fd {fd}", it="it"))
    return Watching("unknown", f"whether anything waits for fd {fd} is not known")


def _is_known(snapshot: Snapshot) -> bool:
    kernel = snapshot.header.kernel
    return kernel is not None and kernel["waits"] is None


def _threads_by_fd(snapshot: Snapshot) -> dict[int, list[ThreadWait]]:
    found: defaultdict[int, list[ThreadWait]] = defaultdict(list)
    for wait in thread_waits(snapshot):
        if wait.fd is not None and wait.reaches != "closed":
            found[wait.fd].append(wait)
        for each in wait.watching:
            if each.reaches != "closed" and wait.call not in EPOLLS:
                found[each.fd].append(wait)
    return dict(found)


def _sets_by_fd(snapshot: Snapshot) -> dict[int, list[tuple[int, int]]]:
    """The number of the set, and what it looks for, where it has the file that stands at the number now."""
    descriptors = snapshot.derive(Claims).descriptors
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for watch in snapshot.watches:
        descriptor = descriptors.get(watch.fd)
        if watch.set >= 0 and descriptor and watch.inode in {0, descriptor.inode}:
            found[watch.fd].append((watch.set, watch.events))
    return dict(found)
