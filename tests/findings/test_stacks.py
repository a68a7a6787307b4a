from __future__ import annotations

from pyhandles.findings.stacks import thread_stacks
from pyhandles.format import THREAD_CAPTURING, THREAD_MAIN
from tests.heap import Heap


def test_the_most_recent_call_comes_last():
    heap = Heap()
    heap.frame("inner", line=30, depth=0)
    heap.frame("outer", line=10, depth=2)
    heap.frame("middle", line=20, depth=1)
    [thread] = thread_stacks(heap.snapshot()).rows

    assert [(frame.file, frame.line, frame.function) for frame in thread.frames] == [
        ("app.py", 10, "outer"),
        ("app.py", 20, "middle"),
        ("app.py", 30, "inner"),
    ]


def test_each_thread_has_its_own_frames_and_the_one_that_captured_comes_first():
    heap = Heap()
    heap.frame("serve", thread="MainThread")
    heap.frame("work", thread="worker-3")
    for row, flags in enumerate((THREAD_MAIN, THREAD_CAPTURING)):
        heap._rows["threads"][row] = (*heap._rows["threads"][row][:3], flags)
    capturing, other = thread_stacks(heap.snapshot()).rows

    assert (capturing.name, capturing.capturing, capturing.main) == ("worker-3", True, False)
    assert (other.name, other.capturing, other.main) == ("MainThread", False, True)
    assert [frame.function for frame in capturing.frames] == ["work"]
    assert [frame.function for frame in other.frames] == ["serve"]


def test_a_thread_without_frames_is_there_too():
    heap = Heap()
    heap.thread("native")
    [thread] = thread_stacks(heap.snapshot()).rows

    assert thread.frames == ()


def test_locals_are_told_on_request():
    heap = Heap()
    heap.frame("serve", pool=heap.list())
    snapshot = heap.snapshot()

    assert thread_stacks(snapshot).rows[0].frames[0].locals is None
    [pool] = thread_stacks(snapshot, with_locals=True).rows[0].frames[0].locals
    assert (pool.name, pool.object.text, pool.fd) == ("pool", "list of 0", None)


def test_a_local_variable_comes_with_the_descriptor_that_it_owns_or_wraps():
    heap = Heap()
    heap.tcp(7)
    heap.descriptor(8, "/var/log/app.log")
    heap.frame("serve", conn=heap.socket(7), log=heap.file(8))
    conn, log = thread_stacks(heap.snapshot(), with_locals=True).rows[0].frames[0].locals

    assert (conn.fd, conn.target) == (7, "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED")
    assert (log.fd, log.target, log.object.type) == (8, "/var/log/app.log", "_io.TextIOWrapper")


def test_a_variable_in_a_cell_is_told_by_its_value():
    heap = Heap()
    cell = heap.object("cell")
    heap.refer(cell, "member cell_contents", heap.dict())
    heap.frame("serve", shared=cell)
    [shared] = thread_stacks(heap.snapshot(), with_locals=True).rows[0].frames[0].locals

    assert (shared.name, shared.object.type) == ("shared", "dict")
