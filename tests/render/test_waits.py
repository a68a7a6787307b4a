"""`threads` says below each stack what the thread does."""

from __future__ import annotations

from rich.text import Text

from pyhandles.findings.threads import threads
from pyhandles.render.text import text_lines
from tests.findings.test_alike import workers
from tests.findings.test_waits import closed_socket, heap_with_udp, reading
from tests.heap import Heap


def lines(heap: Heap) -> list[Text]:
    return text_lines(threads(heap.snapshot()), None)


def test_the_call_stands_below_the_stack():
    heap = heap_with_udp()
    reading(heap, on=(("stack 0", heap.socket(5)),))

    assert [line.plain for line in lines(heap)][1:] == [
        '  File "udp.py", line 12, in read',
        "  waits in recvfrom() on fd 5 (udp 127.0.0.1:3001) for at least 12 s",
    ]


def test_a_call_on_what_was_closed_is_red():
    heap = heap_with_udp()
    reading(heap, on=(("stack 0", closed_socket(heap)),))
    last = lines(heap)[-1]

    assert "is still in recvfrom(), for at least 12 s, on what was fd 5" in last.plain
    assert any("red" in str(span.style) for span in last.spans) or "red" in str(last.style)


def test_threads_alike_are_told_once_with_the_first_names():
    shown = [line.plain for line in lines(workers())]

    assert shown[3:] == [
        "100 threads alike: worker-0, worker-1, worker-2, worker-3 and 96 more, most recent call last:",
        '  File "pool.py", line 8, in wait',
        "  waits for a lock (futex)",
    ]


def test_threads_without_python_stand_at_the_end():
    heap = workers()
    for native in (7, 8):
        heap.wait(native, "futex", asleep=3)

    assert [line.plain for line in lines(heap)][-3:] == [
        "",
        "2 native threads, without Python",
        "  native 7, 8: waits for a lock (futex) for at least 3.0 s",
    ]


def test_what_the_kernel_did_not_tell_is_said_in_a_line():
    heap = Heap()
    heap.frame("main")

    assert [line.plain for line in lines(heap)][-2:] == [
        "",
        "what the threads wait for is not known: the kernel was not asked",
    ]
