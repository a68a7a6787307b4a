"""`closed`, where threads wait in sets."""

from __future__ import annotations

from pyhandles.findings.lingering.closed import closed
from tests.findings.test_waits import READER, closed_socket, heap_with_udp
from tests.heap import Heap
from tests.surroundings import CLOSE_WAIT


def test_a_thread_in_poll_with_a_single_number_is_told_once():
    heap = heap_with_udp()
    heap.refer(heap.frame("recv", thread="reader"), "stack 0", closed_socket(heap), uncounted=True)
    heap.wait(READER, "poll", fd=5, watching=[5])

    assert [each.kind for each in closed(heap.snapshot()).rows].count("call") == 1


def test_a_thread_in_an_epoll_set_looks_for_what_the_set_looks_for():
    heap = Heap()
    heap.descriptor(4, "anon_inode:[eventpoll]", inode=9)
    heap.tcp(7, state=CLOSE_WAIT, inode=1007)
    heap.epoll_set(4, {7: 1007}, events=4)
    heap.wait(READER, "epoll_wait", fd=4)
    [finding] = closed(heap.snapshot()).rows

    assert "but not for reading" in finding.text
