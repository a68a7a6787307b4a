"""What a thread does, as it is said."""

from __future__ import annotations

import pytest

from pyhandles.findings.wait_texts import wait_text, waits_text
from pyhandles.findings.waits import ThreadWait, thread_waits
from tests.findings.test_waits import MOMENT, READER, closed_socket, heap_with_udp, reading, told, udp
from tests.heap import Heap
from tests.recording import SECOND

ON_UDP = "waits in recvfrom() on fd 5 (udp 127.0.0.1:3001)"


def waiting(*, asleep: float | None = 12.5, last: float | None = None) -> ThreadWait:
    """On 5, for certain. last: so many seconds ago the thread's last recorded call ended."""
    heap = heap_with_udp()
    reading(heap, asleep=asleep, on=(("stack 0", heap.socket(5)),))
    if last is not None:
        heap.event("write", fd=1, time=int(MOMENT - last * SECOND), duration=0, thread=READER)
    return told(heap)


@pytest.mark.parametrize(
    ("asleep", "last", "span"),
    [
        (12.5, None, " for at least 12 s"),
        (12.5, 13.0, " for 12 s"),
        (12.5, 90.0, " for 12 s to 1 min"),
        (None, 90.0, " for at most 1 min"),
        (None, None, ""),
    ],
)
def test_how_long_it_has_waited_is_between_its_last_run_and_its_last_recorded_call(
    asleep: float | None, last: float | None, span: str
):
    assert wait_text(waiting(asleep=asleep, last=last)) == ON_UDP + span


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("futex", "waits for a lock (futex)"),
        ("clock_nanosleep", "sleeps"),
        ("wait4", "waits for a child process (wait4)"),
        ("rt_sigtimedwait", "waits for a signal (rt_sigtimedwait)"),
        ("io_getevents", "is in io_getevents()"),
        ("select", "is in select()"),
        (None, "runs"),
    ],
)
def test_calls_without_a_descriptor_are_told_by_what_they_are_for(call: str | None, text: str):
    heap = Heap()
    heap.wait(READER, call)

    assert told(heap).text == text


@pytest.mark.parametrize(
    ("asleep", "text"),
    [
        (0.004, "waits for a lock, perhaps the interpreter's own (futex) for at least 4.0 ms"),
        (0.4, "waits for a lock (futex) for at least 400 ms"),
    ],
)
def test_who_waits_for_its_turn_to_run_python_sleeps_but_briefly(asleep: float, text: str):
    heap = Heap()
    heap.thread("worker", native=READER)
    heap.frame("computes", thread="worker")
    heap.wait(READER, "futex", asleep=asleep)

    assert told(heap).text == text


def test_a_call_on_what_was_closed_says_so_and_what_stands_at_the_number_by_now():
    heap = heap_with_udp()
    reading(heap, on=(("stack 0", closed_socket(heap)),))

    assert told(heap).text == (
        "is still in recvfrom(), for at least 12 s, on what was fd 5 and was closed meanwhile: the kernel keeps it "
        "until the call returns (the socket.socket that it calls is closed by now; fd 5 is udp 127.0.0.1:3001 by now)"
    )


def test_where_it_is_not_certain_it_says_so():
    heap = heap_with_udp()
    reading(heap)

    assert told(heap).text == (
        f"{ON_UDP} for at least 12 s; not certain: nothing tells whether fd 5 was given out again since the call began"
    )


@pytest.mark.parametrize(
    ("call", "text"), [("read", "waits in read() on fd 5 (pipe:[77])"), ("poll", "polls fd 5 (pipe:[77])")]
)
def test_the_other_end_is_told(call: str, text: str):
    heap = Heap()
    for fd, flags in ((5, 0), (6, 1)):
        heap.descriptor(fd, "pipe:[77]", inode=77, mode=0o010600, flags=flags, start=1)
    heap.wait(READER, call, **({"watching": [5]} if call == "poll" else {"fd": 5}))

    assert told(heap).text == f"{text}; other end: fd 6 of this process"


def test_the_other_end_of_what_was_closed_is_not_that_of_what_has_its_number():
    heap = Heap()
    heap.thread("reader", native=READER)
    for fd, flags in ((5, 0), (6, 1)):
        heap.descriptor(fd, "pipe:[77]", inode=77, mode=0o010600, flags=flags)
    heap.refer(heap.frame("run", thread="reader"), "stack 0", heap.file(-1), uncounted=True)
    heap.wait(READER, "read", fd=5)

    assert (told(heap).reaches, told(heap).end) == ("closed", None)


def test_an_end_that_is_far_away_is_told_by_the_target_alone():
    heap = Heap()
    heap.tcp(5, start=1)
    heap.wait(READER, "recvfrom", fd=5)
    heap.ask_kernel()

    assert told(heap).text == "waits in recvfrom() on fd 5 (tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED)"


def test_poll_is_told_by_what_it_watches_the_first_of_many():
    heap = heap_with_udp()
    for fd in range(6, 12):
        heap.descriptor(fd, f"pipe:[{fd}]")
    heap.wait(READER, "poll", watching=range(5, 12))

    assert told(heap).text == (
        "polls fd 5 (udp 127.0.0.1:3001), fd 6 (pipe:[6]), fd 7 (pipe:[7]), fd 8 (pipe:[8]) and 3 more"
    )


def test_poll_of_a_closed_number_says_so():
    heap = heap_with_udp()
    heap.wait(READER, "poll", watching=[5, 6])

    assert told(heap).text == (
        "is still in poll() on what was fd 6 and was closed meanwhile: the kernel keeps it until the call returns "
        "(fd 6 is not open any more); it polls fd 5 (udp 127.0.0.1:3001) as well"
    )


def test_an_epoll_set_is_told_by_the_numbers_that_it_watches():
    heap = heap_with_udp()
    heap.descriptor(4, "anon_inode:[eventpoll]", start=1)
    heap.epoll_set(4, {5: 1005, 9: 1009})
    heap.wait(READER, "epoll_wait", fd=4, asleep=12.5)

    assert told(heap).text == "waits in epoll_wait() on fd 4 for at least 12 s, which watches fd 5, 9"
    assert not told(heap).is_on_closed


def alike(asleep: tuple[float, ...], *, call: str = "recvfrom", is_closed: bool = False) -> tuple[ThreadWait, ...]:
    heap = Heap()
    for number, seconds in enumerate(asleep):
        fd = 5 + number
        udp(heap, fd)
        heap.thread(f"worker-{number}", native=100 + number)
        frame = heap.frame("read", thread=f"worker-{number}")
        heap.refer(frame, "stack 0", heap.socket(-1 if is_closed else fd), uncounted=True)
        watching = (fd,) if call == "poll" else ()
        heap.wait(100 + number, call, fd=fd if call == "recvfrom" else -1, asleep=seconds, watching=watching)
    return thread_waits(heap.snapshot())


@pytest.mark.parametrize(
    ("asleep", "text"),
    [
        ((2.0,) * 3, "waits in recvfrom() on fd 5, 6, 7 for at least 2.0 s"),
        ((2.0,) * 6, "waits in recvfrom() on fd 5, 6, 7, 8 and 2 more for at least 2.0 s"),
        ((2.0, 9.0), "waits in recvfrom() on fd 5, 6 for at least 2.0 s, the longest for 9.0 s"),
    ],
)
def test_several_in_the_same_call_are_told_by_their_descriptors(asleep: tuple[float, ...], text: str):
    assert waits_text(alike(asleep)) == text


def test_several_that_wait_for_locks_are_told_once():
    assert waits_text(alike((2.0, 3.0), call="futex")) == (
        "waits for a lock (futex) for at least 2.0 s, the longest for 3.0 s"
    )


def test_several_that_poll_are_told_by_all_that_they_watch():
    assert waits_text(alike((2.0, 2.0), call="poll")) == "polls fd 5, 6 for at least 2.0 s"


def test_several_on_what_was_closed_say_so():
    assert waits_text(alike((2.0, 2.0), is_closed=True)) == (
        "is still in recvfrom(), for at least 2.0 s, on what was fd 5, 6 and was closed meanwhile: the kernel keeps it "
        "until the call returns"
    )
