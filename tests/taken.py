"""Tiny heaps of a process that cannot have an address. What holds it is told by the tests, or by those at the end."""

from __future__ import annotations

from pyhandles.format import OwnerFlag
from tests.heap import Heap
from tests.surroundings import LISTEN, UNCONNECTED

ADDRESS = "127.0.0.1:3001"
SERVER = 1003
"""The kernel's number of what listens at fd 3."""
OURS = 4242
EADDRINUSE = 98
TCP6, UDP, UNIX = (
    {"family": 10},
    {"socktype": 2, "protocol": 17, "state": -1},
    {"family": 1, "protocol": 0, "state": -1},
)


def listening(heap: Heap, fd: int = 3, local: str = ADDRESS, **fields: int) -> None:
    """A socket at which one listens; inode 1000 + fd."""
    kinds = {"family": 2, "socktype": 1, "protocol": 6, "listening": 1, "state": LISTEN, "inode": 1000 + fd}
    heap.descriptor(fd, f"socket:[{1000 + fd}]", local=local, **(kinds | fields))


def failing(heap: Heap, address: str | None = ADDRESS, *, fd: int = 5, call: str = "bind", **fields: int) -> Heap:
    """The descriptor of a socket that has no address yet, and the call that failed on it."""
    kinds = {"family": 2, "socktype": 1, "protocol": 6, "listening": 0, "state": UNCONNECTED, "inode": 1000 + fd}
    heap.descriptor(fd, f"socket:[{1000 + fd}]", local="0.0.0.0:0", **(kinds | fields))
    heap.failed_call(call, fd, address)
    heap.header["errno"] = EADDRINUSE
    return heap


def surrounded(heap: Heap, **unseen: object) -> Heap:
    """The kernel told all, of this process too."""
    heap.process(OURS, name="python3")
    heap.ask_kernel(**unseen)
    return heap


def served() -> Heap:
    """A server whose socket is at fd 3, and another bind to its address."""
    heap = Heap()
    sock, server = heap.socket(3), heap.instance("app.Server")
    heap.refer(server, ".sock", sock)
    heap.module("app", SERVER=server)
    listening(heap)
    return surrounded(failing(heap))


def closed_under_a_call() -> Heap:
    """A thread reads from what was fd 5 when it was closed; the number is that of the socket that fails to bind."""
    heap = surrounded(failing(Heap(), **UDP))
    reading(heap, 17, "reader")
    heap.kernel_socket("udp", ADDRESS, inode=1900, state=UNCONNECTED)
    return heap


def reading(heap: Heap, native: int, name: str) -> None:
    """A thread in recvfrom on what had the number 5 and is closed by now."""
    sock = heap.socket(-1, flags=OwnerFlag.CLOSED)
    heap.thread(name, native=native)
    frame = heap.frame("read", line=62, thread=name)
    heap.refer(frame, "stack 0", sock, uncounted=True)
    heap.wait(native, "recvfrom", fd=5, asleep=2.5)
