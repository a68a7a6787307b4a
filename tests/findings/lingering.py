"""Tiny heaps of services in which something was closed, and what is told of them."""

from __future__ import annotations

from pyhandles.findings.lingering.closed import closed
from pyhandles.findings.lingering.finding import Lingering
from tests.heap import Heap
from tests.surroundings import LISTEN

SERVER, CLIENT = "127.0.0.1:3001", "10.0.0.7:40000"
ITSELF, CHILD, WORKER, STRANGER = 4242, 4711, 4712, 800
FIN_WAIT1, FIN_WAIT2 = 4, 5
ZERO_WINDOW = 4


def told(heap: Heap, **options: bool) -> list[Lingering]:
    return list(closed(heap.snapshot(), **options).rows)


def one(heap: Heap) -> Lingering:
    [finding] = told(heap)
    return finding


def healthy() -> Heap:
    """A listener, and standard streams that the parent, a shell, has too."""
    heap = Heap()
    for fd in (0, 1, 2):
        heap.descriptor(fd, "/dev/pts/3", mode=0o020620, inode=6, device=24, cloexec=0, start=1)
        heap.open_file(fd, same=0)
        heap.elsewhere(1, fd, inode=6, device=24, same=0)
    listener = heap.socket(3)
    heap.module("app", LISTENER=listener)
    heap.tcp(3, peer="", local=SERVER, state=LISTEN, listening=1, inode=1003)
    heap.open_file(3)
    heap.kernel_socket("tcp", SERVER, state=LISTEN, inode=1003)
    heap.process(ITSELF, parent=1, command="python3 app.py")
    heap.process(1, parent=0, command="bash")
    return heap
