"""Threads that do the same are told together."""

from __future__ import annotations

from pyhandles.findings.alike import alike_threads, native_threads
from pyhandles.findings.threads import threads
from pyhandles.format import THREAD_MAIN
from tests.heap import Heap

WORKERS = 100


def workers(*, calls: tuple[str, ...] = ("futex",)) -> Heap:
    """Workers in the same line, whose calls take turns."""
    heap = Heap()
    heap.frame("main", thread="MainThread")
    heap._rows["threads"][0] = (*heap._rows["threads"][0][:3], THREAD_MAIN)
    code = heap.code("wait", "pool.py", 8)
    for number in range(WORKERS):
        heap.thread(f"worker-{number}", native=100 + number)
        heap.frame("wait", thread=f"worker-{number}")
        heap._rows["frames"][-1] = (heap._rows["frames"][-1][0], code, 8, number + 1, 0, 0)
        heap.wait(100 + number, calls[number % len(calls)])
    return heap


def test_threads_with_the_same_stack_in_the_same_call_are_one_group():
    main, group = alike_threads(workers().snapshot()).rows

    assert main.names == ("MainThread",)
    assert len(group.names) == len(group.waits) == WORKERS
    assert (group.thread.name, group.names[:2]) == ("worker-0", ("worker-0", "worker-1"))


def test_threads_in_different_calls_are_apart():
    _, *groups = alike_threads(workers(calls=("futex", "recvfrom")).snapshot()).rows

    assert [(len(group.names), group.waits[0].call) for group in groups] == [(50, "futex"), (50, "recvfrom")]


def test_threads_in_the_same_call_from_elsewhere_are_apart():
    heap = workers()
    heap.thread("elsewhere", native=99)
    heap.frame("drain", thread="elsewhere")
    heap.wait(99, "futex")
    groups = alike_threads(heap.snapshot()).rows

    assert [len(group.names) for group in groups] == [1, WORKERS, 1]


def test_a_thread_on_what_was_closed_is_apart_from_those_on_what_is_open():
    heap = Heap()
    code = heap.code("read", "pool.py", 8)
    for number, fd in enumerate((5, 5, -1)):
        heap.thread(f"worker-{number}", native=100 + number)
        frame = heap.frame("read", thread=f"worker-{number}")
        heap._rows["frames"][-1] = (frame, code, 8, number, 0, 0)
        heap.refer(frame, "stack 0", heap.socket(fd), uncounted=True)
        heap.wait(100 + number, "recvfrom", fd=5)
    heap.tcp(5)
    groups = alike_threads(heap.snapshot()).rows

    assert [group.names for group in groups] == [("worker-0", "worker-1"), ("worker-2",)]


def test_the_main_thread_is_always_told_by_itself():
    heap = workers()
    heap._rows["threads"][1] = (*heap._rows["threads"][1][:3], THREAD_MAIN)
    groups = alike_threads(heap.snapshot()).rows

    assert [len(group.names) for group in groups] == [1, 1, WORKERS - 1]


def test_threads_whose_locals_are_asked_for_are_told_one_by_one():
    assert alike_threads(workers().snapshot(), with_locals=True).total == WORKERS + 1


def test_a_limit_counts_groups_and_the_list_of_threads_is_whole():
    answer = threads(workers().snapshot())

    assert (answer.alike.total, answer.threads.total) == (2, WORKERS + 1)
    assert [group.names for group in threads(workers().snapshot(), limit=1).alike.rows] == [("MainThread",)]


def test_threads_that_run_no_python_are_grouped_by_their_call():
    heap = workers()
    for native, call in ((7, "futex"), (8, "poll"), (9, "futex")):
        heap.wait(native, call)
    groups = native_threads(heap.snapshot())

    assert [[wait.native for wait in waits] for waits in groups] == [[7, 9], [8]]


def test_what_the_kernel_did_not_tell_is_said():
    heap = Heap()
    assert threads(heap.snapshot()).unseen == "what the threads wait for is not known: the kernel was not asked"

    heap.ask_kernel(waits="no permission")
    assert threads(heap.snapshot()).unseen == "not all of what the threads wait for was to be seen: no permission"

    heap.ask_kernel()
    assert threads(heap.snapshot()).unseen is None
