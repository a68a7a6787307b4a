"""What threads wait for: above all, whether a call is on what stands at its number by now."""

from __future__ import annotations

import pytest

from pyhandles.findings.waits import ThreadWait, calls_on_closed, thread_waits, wait_of, waiting_on
from pyhandles.format import OwnerFlag, OwnerKind
from tests.heap import Heap
from tests.recording import SECOND

READER = 17
MOMENT = 1_700_000_000_400_000_000
UDP = "udp 127.0.0.1:3001"


def heap_with_udp(fd: int = 5) -> Heap:
    """A thread called reader, and an unconnected UDP socket at this number."""
    heap = Heap()
    heap.thread("reader", native=READER)
    udp(heap, fd)
    return heap


def udp(heap: Heap, fd: int) -> None:
    kind = {"family": 2, "socktype": 2, "protocol": 17, "listening": 0, "mode": 0o140777, "state": 7}
    heap.descriptor(fd, f"socket:[{1000 + fd}]", local="127.0.0.1:3001", **kind)


def reading(heap: Heap, *, asleep: float | None = 12.5, on: tuple[tuple[str, int], ...] = (), **variables: int) -> int:
    """The thread waits in recvfrom on 5, from `read()`; on: label and object of what lies on its evaluation stack."""
    frame = heap.frame("read", file="udp.py", line=12, thread="reader", **variables)
    for label, target in on:
        heap.refer(frame, label, target, uncounted=True)
    heap.wait(READER, "recvfrom", fd=5, asleep=asleep)
    return frame


def told(heap: Heap) -> ThreadWait:
    wait = wait_of(heap.snapshot(), READER)
    assert wait is not None
    return wait


def closed_socket(heap: Heap) -> int:
    return heap.socket(-1, flags=OwnerFlag.CLOSED)


def test_a_thread_is_told_with_its_call_its_place_and_what_stands_at_the_number():
    heap = heap_with_udp()
    reading(heap, on=(("stack 0", heap.socket(5)),))
    wait = told(heap)

    assert (wait.thread, wait.place, wait.state) == ("reader", "read() at udp.py:12", "call")
    assert (wait.call, wait.fd, wait.target, wait.asleep) == ("recvfrom", 5, UDP, 12_500_000_000)
    assert (wait.reaches, wait.evidence) == ("now", "the socket.socket that it calls has fd 5")


def test_the_place_is_the_innermost_outside_the_standard_library():
    heap = heap_with_udp()
    heap.module("os", file="/usr/lib/python3.12/os.py")
    heap.frame("read", file="/srv/app.py", line=7, thread="reader", depth=1)
    heap.frame("readinto", file="/usr/lib/python3.12/socket.py", line=718, thread="reader", depth=0)
    heap.wait(READER, "recvfrom", fd=5)

    assert told(heap).place == "read() at app.py:7"


def test_threads_that_run_no_python_are_told_by_their_numbers():
    heap = heap_with_udp()
    heap.wait(99, "futex")
    heap.wait(98, None)
    futex, running = thread_waits(heap.snapshot())

    assert (futex.thread, futex.call, futex.fd, futex.reaches, futex.asleep) == ("99", "futex", None, None, None)
    assert (running.thread, running.state, running.call) == ("98", "running", None)


@pytest.mark.parametrize("native", [None, 0, 18])
def test_of_a_thread_that_the_kernel_did_not_tell_nothing_is_told(native: int | None):
    heap = heap_with_udp()
    heap.wait(READER, "futex")

    assert wait_of(heap.snapshot(), native) is None


# On what the call is


def test_a_number_that_is_not_open_was_closed():
    heap = heap_with_udp(fd=6)
    reading(heap, on=(("stack 0", closed_socket(heap)),))
    wait = told(heap)

    assert (wait.target, wait.reaches, wait.evidence) == (None, "closed", "fd 5 is not open any more")


def test_a_call_that_cannot_wait_on_what_stands_at_the_number_is_on_what_was_closed():
    heap = Heap()
    heap.thread("reader", native=READER)
    heap.descriptor(5, "/var/log/app.log", mode=0o100644)
    reading(heap)
    wait = told(heap)

    assert wait.reaches == "closed"
    assert wait.evidence == "recvfrom() cannot wait on what stands at fd 5 now, /var/log/app.log"


@pytest.mark.parametrize(
    ("call", "link", "reaches"),
    [
        ("epoll_wait", "pipe:[77]", "closed"),
        ("epoll_wait", "anon_inode:[eventpoll]", "unknown"),
        ("read", "anon_inode:[eventpoll]", "closed"),
        ("read", "pipe:[77]", "unknown"),
        ("ioctl", "anon_inode:[eventpoll]", "unknown"),
    ],
)
def test_what_can_be_read_and_what_can_be_waited_in_differ(call: str, link: str, reaches: str):
    heap = Heap()
    heap.descriptor(5, link)
    heap.wait(READER, call, fd=5)

    assert told(heap).reaches == reaches


@pytest.mark.parametrize(
    ("call", "listening", "reaches"),
    [("accept4", 1, "unknown"), ("accept4", 0, "closed"), ("recvfrom", 1, "closed"), ("recvfrom", 0, "unknown")],
)
def test_a_listening_socket_is_accepted_from_and_another_is_read(call: str, listening: int, reaches: str):
    heap = Heap()
    heap.tcp(5, listening=listening)
    heap.wait(READER, call, fd=5)

    assert told(heap).reaches == reaches


@pytest.mark.parametrize("label", ["stack 0", "candidate 0", "local sock"])
def test_an_object_that_the_frame_calls_and_that_is_closed_by_now_tells_of_a_number_given_out_again(label: str):
    heap = heap_with_udp()
    heap.module("app", sock=heap.socket(5))
    reading(heap, on=((label, closed_socket(heap)),))
    wait = told(heap)

    assert (wait.target, wait.reaches) == (UDP, "closed")
    assert wait.evidence.startswith("the socket.socket that it ")
    assert wait.evidence.endswith(" is closed by now")


def test_what_is_called_says_more_than_what_lies_in_a_variable():
    heap = heap_with_udp()
    reading(heap, on=(("stack 1", closed_socket(heap)),), new=heap.socket(5))

    assert told(heap).reaches == "closed"


def test_a_variable_that_is_closed_says_nothing_where_another_object_is_called():
    heap = heap_with_udp()
    reading(heap, on=(("candidate 1", heap.socket(5)),), former=closed_socket(heap))

    assert told(heap).reaches == "now"


def test_an_old_word_of_the_evaluation_stack_beside_what_is_called_tells_nothing():
    heap = heap_with_udp()
    reading(heap, on=(("candidate 0", closed_socket(heap)), ("candidate 1", heap.socket(5))))

    assert told(heap).reaches == "unknown"


def test_a_number_in_a_variable_may_be_what_was_called_with():
    heap = heap_with_udp()
    frame = reading(heap, detached=heap.socket(-1))
    heap.number(frame, "local fd", 5)

    assert told(heap).reaches == "unknown"


def test_objects_that_cannot_be_in_such_a_call_tell_nothing():
    heap = heap_with_udp()
    reading(heap, log=heap.file(-1))

    assert told(heap).reaches == "unknown"


def test_a_closed_socket_is_not_what_is_waited_in():
    heap = Heap()
    heap.thread("reader", native=READER)
    heap.descriptor(5, "anon_inode:[eventpoll]")
    heap.frame("run", thread="reader", former=closed_socket(heap))
    heap.wait(READER, "epoll_wait", fd=5)

    assert told(heap).reaches == "unknown"


def test_attributes_of_what_lies_in_other_variables_tell_nothing():
    heap = heap_with_udp()
    connection = heap.instance("app.Connection")
    heap.refer(connection, ".former", closed_socket(heap))
    reading(heap, connection=connection)

    assert told(heap).reaches == "unknown"


def test_a_bound_method_is_of_the_object_that_it_calls():
    heap = heap_with_udp()
    method = heap.object("builtin_function_or_method")
    heap.refer(method, "member __self__", closed_socket(heap))
    reading(heap, on=(("candidate 0", method),))

    assert told(heap).reaches == "closed"


def test_a_bound_method_is_of_the_file_below_its_wrappers():
    heap = Heap()
    heap.thread("reader", native=READER)
    heap.descriptor(5, "pipe:[77]")
    method = heap.object("builtin_function_or_method")
    heap.refer(method, "member __self__", heap.file(5))
    heap.refer(heap.frame("run", thread="reader"), "candidate 0", method, uncounted=True)
    heap.wait(READER, "read", fd=5)

    assert told(heap).reaches == "now"


@pytest.mark.parametrize(("fd", "reaches"), [(5, "now"), (-1, "closed")])
def test_what_is_given_to_select_is_in_a_list(fd: int, reaches: str):
    heap = heap_with_udp()
    given = heap.list(heap.socket(fd))
    heap.refer(heap.frame("run", thread="reader"), "candidate 0", given, uncounted=True)
    heap.wait(READER, "select", fd=5, watching=[5])

    assert told(heap).reaches == reaches


@pytest.mark.parametrize(
    ("call", "kind", "fd", "reaches"),
    [
        ("epoll_wait", OwnerKind.EPOLL, 5, "now"),
        ("epoll_wait", OwnerKind.EPOLL, -1, "closed"),
        ("read", OwnerKind.FILE, 5, "now"),
        ("read", OwnerKind.FILE, -1, "unknown"),
    ],
)
def test_an_attribute_of_self_that_may_have_been_called_tells_of_its_own_call_alone(
    call: str, kind: OwnerKind, fd: int, reaches: str
):
    heap = Heap()
    heap.thread("reader", native=READER)
    heap.descriptor(5, "anon_inode:[eventpoll]" if kind == OwnerKind.EPOLL else "pipe:[77]")
    owner, selector = heap.object("select.epoll"), heap.instance("app.Reactor")
    heap.own(owner, fd, kind)
    heap.refer(selector, "._selector", owner)
    frame = heap.frame("select", thread="reader")
    heap.refer(frame, "local self", selector, uncounted=True)
    heap.wait(READER, call, fd=5)

    assert told(heap).reaches == reaches


@pytest.mark.parametrize(("fd", "reaches"), [(5, "now"), (-1, "closed")])
def test_a_file_is_known_below_its_wrappers(fd: int, reaches: str):
    heap = Heap()
    heap.thread("reader", native=READER)
    heap.descriptor(5, "pipe:[77]")
    frame = heap.frame("read", thread="reader")
    heap.refer(frame, "stack 0", heap.file(fd), uncounted=True)
    heap.wait(READER, "read", fd=5)

    assert told(heap).reaches == reaches


def test_a_closed_object_that_had_borrowed_its_descriptor_says_nothing_of_it():
    heap = Heap()
    heap.thread("reader", native=READER)
    heap.descriptor(5, "pipe:[77]")
    borrowed = heap.object("_io.FileIO")
    heap.own(borrowed, -1, OwnerKind.FILE, flags=OwnerFlag.BORROWED | OwnerFlag.CLOSED)
    heap.frame("read", thread="reader", log=borrowed)
    heap.wait(READER, "read", fd=5)

    assert told(heap).reaches == "unknown"


def test_without_any_trace_it_is_not_certain():
    heap = heap_with_udp()
    reading(heap)
    wait = told(heap)

    assert wait.reaches == "unknown"
    assert wait.evidence == "nothing tells whether fd 5 was given out again since the call began"


# What the recorder adds


def test_what_was_opened_after_the_thread_had_fallen_asleep_is_not_what_it_waits_on():
    heap = heap_with_udp()
    reading(heap)
    site = heap.site("udp.py", "rebind", 31)
    heap.opening(5, "socket", time=MOMENT - 2 * SECOND, thread=1, stack=heap.stack(site))
    wait = told(heap)

    assert wait.reaches == "closed"
    assert wait.evidence == "fd 5 was opened 10 s after the thread had fallen asleep, at udp.py:31 in rebind"


def test_an_object_begun_anew_has_its_old_number_and_is_not_what_the_call_is_on():
    heap = heap_with_udp()
    reading(heap, on=(("stack 0", heap.socket(5)),))
    heap.opening(5, "socket", time=MOMENT - 2 * SECOND, thread=1)

    assert told(heap).reaches == "closed"


def test_what_was_opened_before_the_thread_fell_asleep_is_what_it_waits_on():
    heap = heap_with_udp()
    reading(heap)
    heap.opening(5, "socket", time=MOMENT - 20 * SECOND, thread=1)
    wait = told(heap)

    assert (wait.reaches, wait.evidence) == ("now", "fd 5 was opened 7.5 s before the thread fell asleep")


@pytest.mark.parametrize("asleep", [None, 2.0])
def test_a_thread_waits_on_what_it_opened_itself(asleep: float | None):
    heap = heap_with_udp()
    reading(heap, asleep=asleep)
    heap.opening(5, "socket", time=MOMENT - 2 * SECOND, thread=READER)
    wait = told(heap)

    assert (wait.reaches, wait.evidence) == ("now", "the thread opened fd 5 itself")


def test_a_thread_of_the_parent_that_had_the_same_number_did_not_open_it_here():
    heap = heap_with_udp()
    reading(heap, asleep=None)
    heap.opening(5, "socket", time=MOMENT - 2 * SECOND, thread=READER, pid=1)

    assert told(heap).reaches == "unknown"


def test_a_thread_that_ended_a_call_before_the_opening_may_have_begun_the_present_one_earlier():
    heap = heap_with_udp()
    reading(heap, asleep=None)
    heap.event("write", fd=1, time=MOMENT - 21 * SECOND, thread=READER)
    heap.opening(5, "socket", time=MOMENT - 20 * SECOND, thread=1)

    assert told(heap).reaches == "unknown"


def test_a_thread_that_ended_a_call_after_the_opening_began_the_present_one_later():
    heap = heap_with_udp()
    reading(heap, asleep=None)
    heap.opening(5, "socket", time=MOMENT - 20 * SECOND, thread=1)
    heap.event("write", fd=1, time=MOMENT - 19 * SECOND, thread=READER)

    assert told(heap).reaches == "now"


def test_an_opening_of_about_when_it_fell_asleep_tells_nothing():
    heap = heap_with_udp()
    reading(heap, asleep=2.0)
    heap.opening(5, "socket", time=MOMENT - 2 * SECOND, thread=1)

    assert told(heap).reaches == "unknown"


def test_what_has_been_open_since_the_start_is_what_it_waits_on():
    heap = Heap()
    heap.descriptor(5, "pipe:[77]", start=1)
    heap.wait(READER, "read", fd=5)
    wait = told(heap)

    assert (wait.reaches, wait.evidence) == ("now", "fd 5 has been open since the start")


def test_where_object_and_recorder_contradict_each_other_it_is_not_certain_and_both_are_told():
    heap = heap_with_udp()
    reading(heap, on=(("stack 0", closed_socket(heap)),))
    heap.opening(5, "socket", time=MOMENT - 20 * SECOND, thread=1)
    wait = told(heap)

    assert wait.reaches == "unknown"
    assert wait.evidence == (
        "the socket.socket that it calls is closed by now; but fd 5 was opened 7.5 s before the thread fell asleep"
    )


def test_where_object_and_recorder_agree_both_are_told():
    heap = heap_with_udp()
    reading(heap, on=(("stack 0", heap.socket(5)),))
    heap.opening(5, "socket", time=MOMENT - 20 * SECOND, thread=1)
    wait = told(heap)

    assert wait.reaches == "now"
    assert wait.evidence == (
        "the socket.socket that it calls has fd 5; fd 5 was opened 7.5 s before the thread fell asleep"
    )


def test_the_last_recorded_call_bounds_how_long_it_can_have_waited():
    heap = heap_with_udp()
    reading(heap)
    heap.event("write", fd=1, time=MOMENT - 15 * SECOND, duration=SECOND, thread=READER)
    wait = told(heap)

    assert (wait.asleep, wait.at_most) == (12_500_000_000, 14 * SECOND)


def test_a_thread_that_runs_is_in_no_call_that_a_recorded_one_could_bound():
    heap = Heap()
    heap.event("write", fd=1, time=MOMENT - 15 * SECOND, thread=READER)
    heap.wait(READER, None)

    assert told(heap).at_most is None


# Sets, and who waits


def test_poll_tells_of_each_number_on_what_it_is():
    heap = heap_with_udp()
    heap.frame("poll", thread="reader", sock=heap.socket(5), former=closed_socket(heap))
    heap.wait(READER, "poll", watching=[5, 6])
    wait = told(heap)

    assert (wait.fd, wait.reaches) == (None, None)
    assert [(each.fd, each.target, each.events, each.reaches) for each in wait.watching] == [
        (5, UDP, "readable", "unknown"),
        (6, None, "readable", "closed"),
    ]


def test_a_single_number_in_poll_is_that_of_the_object_that_is_called():
    heap = heap_with_udp()
    frame = heap.frame("recv", thread="reader")
    heap.refer(frame, "stack 0", closed_socket(heap), uncounted=True)
    heap.wait(READER, "poll", watching=[5])

    assert [each.reaches for each in told(heap).watching] == ["closed"]


def test_a_set_that_was_closed_is_not_the_one_that_has_its_number_by_now():
    heap = Heap()
    heap.thread("reader", native=READER)
    heap.descriptor(5, "anon_inode:[eventpoll]")
    old = heap.object("select.epoll")
    heap.own(old, -1, OwnerKind.EPOLL, flags=OwnerFlag.CLOSED)
    heap.refer(heap.frame("run", thread="reader"), "stack 0", old, uncounted=True)
    heap.epoll_set(5, {9: 1009})
    heap.wait(READER, "epoll_wait", fd=5)

    assert (told(heap).reaches, told(heap).watching) == ("closed", ())


def test_of_several_numbers_in_poll_a_closed_object_does_not_say_which():
    heap = heap_with_udp()
    udp(heap, 6)
    frame = heap.frame("recv", thread="reader")
    heap.refer(frame, "stack 0", closed_socket(heap), uncounted=True)
    heap.wait(READER, "poll", watching=[5, 6])

    assert [each.reaches for each in told(heap).watching] == ["unknown", "unknown"]


def test_who_waits_on_a_descriptor_does_not_wait_on_what_was_closed_there():
    heap = heap_with_udp()
    for number, (sock, name) in enumerate(((heap.socket(5), "new"), (closed_socket(heap), "old"))):
        heap.thread(name, native=20 + number)
        heap.refer(heap.frame("read", thread=name), "stack 0", sock, uncounted=True)
        heap.wait(20 + number, "recvfrom", fd=5)
    heap.wait(30, "poll", watching=[5, 7])
    heap.wait(31, "futex")
    snapshot = heap.snapshot()

    assert [wait.thread for wait in waiting_on(snapshot, 5)] == ["new", "30"]
    assert [wait.thread for wait in calls_on_closed(snapshot)] == ["old", "30"]
