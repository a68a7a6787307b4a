"""What happened, call by call."""

from __future__ import annotations

import pytest

from pyhandles.errors import NotRecorded, UnknownObject
from pyhandles.findings.event_filters import EventFilters
from pyhandles.findings.trace import Trace, TracedCall, trace
from pyhandles.format import MisuseKind
from tests.heap import Heap

START = 1_700_000_000_000_000_000
US = 1000

MAIN, WORKER, GONE = 11, 12, 13


class Program(Heap):
    """Events at moments in microseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel_thread("MainThread", MAIN)
        self.kernel_thread("worker", WORKER)

    def kernel_thread(self, name: str, native: int) -> None:
        self._rows["threads"].append((native * 1000, native, self.text(name), 0))

    def at(self, moment: int, call: str, thread: int = MAIN, *, took: int = 1, **fields: object) -> int:
        return self.event(call, time=START + moment * US, duration=took * US, thread=thread, **fields)

    def line(self, file: str, line: int, function: str) -> int:
        """A stack of one line."""
        return self.stack(self.site(file, function, line))


def traced(heap: Heap, *, last: int | None = None, with_stacks: bool = False, **filters: object) -> Trace:
    return trace(heap.snapshot(), EventFilters(**filters), last=last, with_stacks=with_stacks)


def told(answer: Trace) -> list[str]:
    return [f"{'  ' if row.between else ''}{row.call}({row.arguments}) = {row.outcome}" for row in answer.rows]


def race() -> Program:
    """The worker's reconnect loses 5 to the main thread, and goes on writing to it."""
    heap = Program()
    get, reconnect = heap.line("pool.py", 80, "get"), heap.line("pool.py", 88, "reconnect")
    heap.at(0, "socket", WORKER, fd=5, opened=True, stack=get)
    heap.at(10, "connect", WORKER, fd=5, detail="10.0.0.7:5432", stack=get)
    heap.at(20, "openat", fd=6, opened=True, detail="/etc/hosts")
    heap.at(100, "close", WORKER, took=50, fd=5, closed=True, stack=reconnect)
    heap.at(101, "openat", fd=7, opened=True, detail="/etc/passwd")
    heap.at(105, "openat", fd=5, opened=True, detail="/etc/group")
    heap.at(200, "send", WORKER, fd=5, result=9, stack=reconnect)
    heap.misuse(
        MisuseKind.LATE_USE,
        "send",
        fd=5,
        time=START + 200 * US,
        thread=WORKER,
        stack=reconnect,
        count=3,
        closed=(START + 100 * US, WORKER, reconnect),
        opened=(START + 106 * US, MAIN, heap.line("users.py", 7, "groups")),
    )
    return heap


def test_a_call_with_all_that_is_known_of_it():
    heap = Program()
    heap.at(
        3, "connect", WORKER, took=12, fd=5, errno=111, detail="10.0.0.7:80", stack=heap.line("app.py", 9, "Api.get")
    )

    [row] = traced(heap).rows

    assert row == TracedCall(
        sequence=1,
        time=START + 3 * US,
        thread="worker",
        native=WORKER,
        call="connect",
        fd=5,
        arguments="5, 10.0.0.7:80",
        result=-1,
        outcome="-1 ECONNREFUSED (Connection refused)",
        errno="ECONNREFUSED",
        nanoseconds=12 * US,
        site="app.py:9 in Api.get",
    )


def test_a_thread_that_has_ended_has_its_number():
    heap = Program()
    heap.at(0, "fork", GONE, result=4243)

    [row] = traced(heap).rows

    assert (row.thread, row.fd, row.site) == ("13", None, None)


def test_a_close_has_its_effect_when_it_starts_and_an_opening_when_it_ends():
    """The close is the last to return, and yet it made room for the opening."""
    heap = Program()
    heap.at(5, "open", took=10, fd=5, opened=True, detail="/b")
    heap.at(8, "close", WORKER, took=100, fd=5, closed=True)
    heap.at(12, "listen", fd=6)

    answer = traced(heap)

    assert told(answer) == ["close(5) = 0", "listen(6) = 0", 'open("/b") = 5']
    assert [(row.time - START) // US for row in answer.rows] == [8, 12, 15]


def test_the_calls_about_one_number_and_what_others_did_while_it_was_free():
    answer = traced(race(), fd=5)

    assert told(answer) == [
        "socket() = 5",
        "connect(5, 10.0.0.7:5432) = 0",
        "close(5) = 0",
        '  openat("/etc/passwd") = 7',
        'openat("/etc/group") = 5',
        "send(5) = 9",
    ]
    assert answer.total == 5
    assert [row.notes for row in answer.rows if row.notes] == [
        ("5 is free for 6 µs",),
        ("5 is given out again, to another thread than closed it",),
    ]


def test_a_misuse_is_marked_on_its_call():
    *_, (call, misuse) = [(row.call, row.misuse) for row in traced(race()).rows if row.misuse]

    assert call == "send"
    assert misuse.kind == "late use"
    assert misuse.texts == (
        "late use: the number had been given out again (3 times here, this is the first)",
        "closed at 22:13:20.000100 by worker, pool.py:88 in reconnect",
        "opened again at 22:13:20.000106 by MainThread, users.py:7 in groups",
    )


def test_a_misuse_that_is_no_event_stands_in_its_place():
    """A call that was refused is none: that it was made is all that is known."""
    heap = Program()
    heap.at(0, "close", fd=5, closed=True)
    heap.at(2, "open", fd=5, opened=True, detail="/x")
    heap.at(9, "close", fd=5, closed=True)
    heap.misuse(MisuseKind.LATE_USE, "write", fd=5, time=START + 5 * US, thread=WORKER)
    heap.misuse(MisuseKind.LATE_USE, "write", fd=5, time=START + 6 * US, thread=WORKER, pid=9)  # a child's

    answer = traced(heap, fd=5)

    assert told(answer) == ["close(5) = 0", 'open("/x") = 5', "write(5) = ?", "close(5) = 0"]
    assert (answer.rows[2].result, answer.rows[2].thread, answer.rows[2].misuse.kind) == (None, "worker", "late use")
    assert (answer.total, answer.kept, answer.recorded) == (4, 3, 3)


def test_a_use_that_fails_is_noted_when_it_has_ended():
    """Its misuse was noted before: the next event of the thread is that call."""
    heap = Program()
    heap.misuse(MisuseKind.LATE_USE, "write", fd=5, time=START + 5 * US, thread=WORKER)
    heap.at(6, "write", MAIN, took=0, fd=5, errno=9)
    heap.at(7, "write", WORKER, took=0, fd=5, errno=9)

    assert [row.misuse and row.misuse.kind for row in traced(heap).rows] == [None, "late use"]


def test_a_late_use_like_the_first_is_marked_too():
    """What reads or writes and does not fail is an event only if it is late."""
    heap = Program()
    here = heap.line("a.py", 1, "f")
    heap.misuse(MisuseKind.LATE_USE, "write", fd=5, time=START + 5 * US, thread=WORKER, stack=here)
    for moment, call in ((4, "write"), (8, "write"), (12, "connect")):
        heap.at(moment, call, WORKER, took=3, fd=5, widened=True, stack=here)

    assert [row.misuse and row.misuse.texts for row in traced(heap).rows] == [
        ("late use: the number had been given out again",),
        ("late use: the number had been given out again, as at 22:13:20.000005",),
        None,
    ]


def test_a_double_close_tells_the_opening_before_the_first_close():
    heap = Program()
    heap.at(0, "close", fd=5, closed=True)
    heap.at(9, "close", WORKER, fd=5, errno=9)
    there = heap.line("a.py", 1, "f")
    heap.misuse(
        MisuseKind.DOUBLE_CLOSE,
        fd=5,
        time=START + 9 * US,
        thread=WORKER,
        closed=(START, MAIN, there),
        opened=(START - 10**9, MAIN, there),
    )

    first, second = traced(heap).rows

    assert first.misuse is None
    assert second.misuse.texts == (
        "double close",
        "opened at 22:13:19.000000 by MainThread, a.py:1 in f",
        "closed at 22:13:20.000000 by MainThread, a.py:1 in f",
    )


def test_what_failed_while_the_number_was_free_stands_where_it_happened():
    heap = Program()
    heap.at(0, "close", fd=5, closed=True)
    heap.at(1, "listen", fd=6)
    heap.at(2, "close", WORKER, fd=5, errno=9)
    heap.at(3, "listen", fd=7)
    heap.at(4, "socket", fd=5, opened=True)

    assert told(traced(heap, fd=5)) == [
        "close(5) = 0",
        "  listen(6) = 0",
        "close(5) = -1 EBADF (Bad file descriptor)",
        "  listen(7) = 0",
        "socket() = 5",
    ]
    assert [row.call for row in traced(heap, fd=5, call="close,socket").rows] == ["close", "close", "socket"]


def test_another_misuse_like_the_first_is_marked_too():
    """Only the first at a site is in the table; others are known by their failing on what had been open."""
    heap = Program()
    here, there = heap.line("a.py", 1, "f"), heap.line("b.py", 2, "g")
    heap.misuse(MisuseKind.USE_AFTER_CLOSE, "write", fd=5, time=START, stack=here)
    for fd, generation, stack in ((6, 1, here), (7, 0, here), (6, 1, there)):
        heap.at(fd, "write", fd=fd, errno=9, generation=generation, stack=stack)
    heap.at(8, "write", fd=6, errno=32, generation=1, stack=here)

    answer = traced(heap, last=4)

    assert [row.misuse and row.misuse.texts for row in answer.rows] == [
        *(("use after close, as at 22:13:20.000000",), None, None, None)
    ]


def test_a_number_that_its_own_thread_gets_again():
    heap = Program()
    heap.at(0, "close", fd=5, closed=True)
    heap.at(2_000, "open", fd=5, opened=True)
    heap.at(3_000, "close", fd=5, closed=True)

    notes = [row.notes for row in traced(heap, fd=5).rows]

    assert notes == [
        ("5 is free for 2.0 ms",),
        ("5 is given out again",),
        ("5 is closed, and was not given out again",),
    ]


def test_of_many_calls_meanwhile_the_first_and_the_last_are_shown():
    heap = Program()
    heap.at(0, "close", fd=5, closed=True)
    for number in range(1, 101):
        heap.at(number, "listen", fd=100 + number)
    heap.at(200, "open", fd=5, opened=True)

    answer = traced(heap, fd=5)
    between = [row.fd for row in answer.rows if row.between]

    assert between == [101, 102, 103, 104, 197, 198, 199, 200]
    assert answer.rows[0].notes == ("5 is free for 201 µs; of 100 calls meanwhile, 8 are shown",)


def test_a_number_that_is_given_out_again_though_no_close_was_seen():
    """It was closed by something that does not go through the C library."""
    heap = Program()
    heap.at(0, "open", fd=5, opened=True)
    heap.at(9, "socket", fd=5, opened=True)

    assert [row.notes for row in traced(heap, fd=5).rows] == [
        (),
        ("5 is given out again, though no close of it was seen",),
    ]


def test_a_number_that_is_copied_onto_is_not_free_in_between():
    heap = Program()
    heap.at(0, "open", fd=5, opened=True)
    heap.at(9, "dup2", fd=5, other=6, opened=True, replaced=True)

    assert not any(row.notes for row in traced(heap, fd=5).rows)


def test_what_copied_a_number_and_what_closed_it_with_others_is_about_it():
    heap = Program()
    heap.at(0, "pipe2", fd=4, other=5, opened=True, result=0)
    heap.at(1, "dup", fd=9, other=5, opened=True)
    heap.at(2, "close_range", fd=3, other=8, closed=True)
    heap.at(3, "close", fd=9, closed=True)

    assert told(traced(heap, fd=5)) == ["pipe2([4, 5]) = 0", "dup(5) = 9", "close_range(3, 8) = 0"]


@pytest.mark.parametrize(
    ("filters", "calls"),
    [
        ({"call": "connect"}, ["connect"]),
        ({"call": "open"}, ["open"]),
        ({"call": "open64"}, ["open"]),
        ({"call": "op*"}, ["openat", "openat", "open"]),
        ({"call": "close, connect"}, ["connect", "close"]),
        ({"call": "eventfd"}, []),
        ({"thread": "worker"}, ["connect", "close"]),
        ({"thread": WORKER}, ["connect", "close"]),
        ({"thread": "13"}, ["open"]),
        ({"errors": True}, ["open"]),
        ({"site": "pool.py:88"}, ["close"]),
        ({"site": "in Pool.re"}, ["close"]),
        ({"site": "pool.py:reconnect"}, ["close"]),
        ({"site": "pool.py:Pool.reconnect"}, ["close"]),
        ({"site": "pool.py:connect"}, []),
        ({"call": "openat", "fd": 5}, ["openat"]),
        ({"fd": 999}, []),
    ],
)
def test_what_fits(filters: dict[str, object], calls: list[str]):
    heap = Program()
    heap.at(0, "openat", fd=5, opened=True)
    heap.at(1, "connect", WORKER, fd=5)
    heap.at(2, "close", WORKER, fd=5, closed=True, stack=heap.line("/srv/pool.py", 88, "Pool.reconnect"))
    heap.at(3, "openat", fd=6, opened=True)
    heap.at(4, "open64", GONE, errno=2)
    heap.counter("eventfd")

    assert [row.call for row in traced(heap, **filters).rows] == calls


def test_only_the_last():
    answer = traced(race(), last=2)

    assert [row.call for row in answer.rows] == ["openat", "send"]
    assert (answer.total, answer.oldest) == (7, START + US)


def test_the_stack_of_a_call():
    heap = Program()
    connect = heap.site("/usr/lib/python3.13/socket.py", "create_connection", 837, standard=True)
    heap.at(0, "socket", fd=5, opened=True, stack=heap.stack(connect, heap.site("pool.py", "get", 80)))

    [row] = traced(heap, with_stacks=True).rows

    assert row.site == "pool.py:80 in get"
    assert row.stack == ("socket.py:837 in create_connection", "pool.py:80 in get")


def test_what_was_delayed_on_demand_is_said():
    heap = Program()
    heap.at(0, "close", fd=5, closed=True, widened=True)

    assert traced(heap).rows[0].notes == ("it was delayed before, on demand",)


def test_events_that_are_no_longer_in_memory():
    """A number's own last events are older than those of all."""
    heap = Program()
    heap.at(0, "open", fd=5, opened=True, sequence=3)
    for sequence in (1001, 1002, 1003):
        heap.at(sequence, "listen", fd=5, sequence=sequence)
    heap.record(events=1003)

    answer = traced(heap)

    assert (answer.kept, answer.recorded) == (4, 1003)
    assert answer.complete_since == START + 1001 * US


def test_nothing_is_missing():
    answer = traced(race())

    assert (answer.kept, answer.recorded, answer.complete_since) == (7, 7, None)


@pytest.mark.parametrize(
    ("filters", "message", "hint"),
    [
        ({"call": "conect"}, "no recorded call is called 'conect'", "Did you mean connect?"),
        ({"call": "close,zz*"}, "no recorded call fits 'zz*'", "`calls --by call` lists them."),
        ({"thread": "wroker"}, "no thread 'wroker' is known", "Did you mean worker?"),
        ({"thread": 99}, "no thread '99' is known", "`threads` has the names"),
    ],
)
def test_a_wrong_name_is_answered_with_the_closest(filters: dict[str, object], message: str, hint: str):
    with pytest.raises(UnknownObject, match="no") as caught:
        traced(race(), **filters)

    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)


def test_where_nothing_was_recorded():
    with pytest.raises(NotRecorded, match=r"nothing was recorded in heap\.pkl"):
        traced(Heap())
