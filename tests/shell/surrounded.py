"""A tiny process with surroundings for the shell's tests: something in every table that the kernel fills."""

from __future__ import annotations

from pyhandles.format import AccessFlag
from tests.heap import Heap
from tests.surroundings import CLOSE_WAIT, LISTEN, SECOND, STARTED, TIME_WAIT

O_WRONLY, O_RDWR = 1, 2
SERVER, CLIENT = "127.0.0.1:3001", "127.0.0.1:40000"
CHILD, WORKER, OTHER = 4711, 4712, 800


def surrounded_heap() -> Heap:
    heap = Heap()
    _descriptors(heap)
    pooled = heap.instance("app.Connection")
    heap.refer(pooled, ".sock", heap.socket(7))
    heap.refer(pooled, ".peer", heap.socket(8))
    heap.module("app", POOL=heap.list(pooled), LISTENER=heap.socket(6))
    heap.frame("serve", sock=heap.socket(9), thread="reader")
    heap.thread("MainThread", native=1)
    heap.thread("waiter", native=18)
    heap.wait(1, "epoll_wait", fd=4, asleep=2.5)
    heap.wait(17, "recvfrom", fd=9, asleep=90)
    heap.wait(18, "poll", watching=[5, 7, 63])
    heap.wait(19, None)
    heap.wait(20, "splice", fd=10, other=11)
    heap.epoll_set(4, {6: 1006, 7: 1007, 63: 999, 9: 1008})
    heap.process(4242, parent=1, command="python3 app.py")
    heap.process(1, parent=0, name="systemd", started=STARTED - 90_000 * SECOND, visible=False)
    heap.process(CHILD, parent=4242, name="sleep", command="sleep 100")
    heap.process(WORKER, parent=CHILD, name="python3")
    heap.process(OTHER, name="nginx", command="nginx: worker process")
    _elsewhere(heap)
    heap.failed_call("bind", 12, SERVER)
    heap.ask_kernel(sockets="no answer from the kernel: Operation not permitted", hidden=3)
    return heap


def _descriptors(heap: Heap) -> None:
    for fd in (0, 1, 2):
        heap.descriptor(fd, "/dev/pts/3", mode=0o020620, inode=6, device=24, flags=O_RDWR, start=1)
        heap.open_file(fd, same=0, terminal=3)
    heap.descriptor(4, "anon_inode:[eventpoll]", inode=9, flags=O_RDWR)
    heap.tcp(6, local=SERVER, peer="", state=10, listening=1, inode=1006, flags=O_RDWR)
    heap.tcp(7, local=SERVER, peer=CLIENT, inode=1007, flags=O_RDWR)
    heap.tcp(8, local=CLIENT, peer=SERVER, state=CLOSE_WAIT, inode=1008, flags=O_RDWR)
    heap.descriptor(9, "socket:[1009]", mode=0o140777, inode=1009, family=1, socktype=1, local="", peer="")
    heap.descriptor(10, "pipe:[1010]", mode=0o010600, inode=1010, flags=0)
    heap.descriptor(11, "pipe:[1010]", mode=0o010600, inode=1010, flags=O_WRONLY)
    heap.tcp(12, local="", peer="", state=7, inode=1012, flags=O_RDWR)
    heap.descriptor(13, "socket:[1009]", mode=0o140777, inode=1009, family=1, socktype=1, local="", peer="")
    heap.descriptor(14, "pipe:[1014]", mode=0o010600, inode=1014, flags=O_WRONLY)
    heap.descriptor(15, "/dev/ptmx", mode=0o020666, inode=7, device=24, flags=O_RDWR)
    for fd, same in ((4, 4), (6, 6), (7, 7), (8, 8), (9, 9), (10, 10), (11, 11), (13, 9), (14, 14)):
        heap.open_file(fd, same=same, unsent=512 if fd == 8 else -1, linger=5 if fd == 8 else -1)
    heap.open_file(15, terminal=4)


def _elsewhere(heap: Heap) -> None:
    heap.kernel_socket("tcp", SERVER, "", state=LISTEN, inode=1006)
    heap.kernel_socket("tcp", SERVER, CLIENT, inode=1007)
    heap.kernel_socket("tcp", CLIENT, SERVER, inode=1008, state=CLOSE_WAIT, unread=20)
    heap.kernel_socket("tcp", SERVER, "127.0.0.1:40001", state=TIME_WAIT, timer=3, expires=41_000)
    heap.kernel_socket("udp", "0.0.0.0:5353", inode=3000, state=7)
    heap.kernel_socket("unix", "", inode=1009, peer_inode=2009)
    heap.kernel_socket("unix", "/run/app.sock", inode=2009, peer_inode=1009)
    heap.elsewhere(CHILD, 7, inode=1007, same=7)
    heap.elsewhere(CHILD, 0, inode=6, device=24, same=0)
    heap.elsewhere(WORKER, 3, inode=1014, same=-1, access=AccessFlag.READ)
    heap.elsewhere(OTHER, 5, inode=2009, same=-1)
    heap.elsewhere(OTHER, 6, inode=6, device=24)
    heap.elsewhere(CHILD, 20, inode=7, device=136, terminal=4)
