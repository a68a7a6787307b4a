from __future__ import annotations

from pyhandles.findings.biography import biography
from pyhandles.render.text import text_lines
from tests.heap import Heap
from tests.recording import PID
from tests.shell.recorded import recorded_heap


def lines(heap: Heap, fd: int, **options: object) -> list[str]:
    return [text.plain for text in text_lines(biography(heap.snapshot(), fd, **options), None)]


def test_first_what_it_is_then_who_opened_it_then_what_was_done_to_it_then_what_was_wrong():
    told = lines(recorded_heap(), 7)

    assert told[:7] == [
        "fd 7  tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED",
        "owner   socket.socket at 0x7f0000001100",
        "holder  Connection.sock",
        (
            "opened  2023-11-14 21:56:44.000000 UTC, 16 min before the snapshot, by thread worker-3: "
            "socket(); opening 2 of this number"
        ),
        "        pool.py:88 in Pool.get",
        "        app.py:12 in main",
        "",
    ]
    assert "21:56:43.000000  16 min  worker-3    close(7)  " in "\n".join(told)
    assert told[-5].startswith("late use, 12 times at this place")
    assert told[-1].startswith("fix ")


def test_the_stacks_of_all_calls_only_where_they_are_asked_for():
    assert "    pool.py:95 in Pool.drop" not in lines(recorded_heap(), 7)
    assert "    pool.py:95 in Pool.drop" in lines(recorded_heap(), 7, stacks=True)


def test_what_was_not_opened_here():
    heap = Heap()
    heap.record()
    heap.descriptor(0, "/dev/null", mode=0o020666, start=1)
    heap.descriptor(4, "/tmp/x", mode=0o100644)
    heap.descriptor(5, "/tmp/y", mode=0o100644)
    heap.opening(5, pid=PID - 1)

    assert "opened  before pyhandles was installed" in lines(heap, 0)
    assert "opened  not recorded: by a call that is not seen, as those within the C library are not" in lines(heap, 4)
    assert any(line.endswith(", by process 4241, from which this one was forked: open()") for line in lines(heap, 5))


def test_a_closed_one_and_who_still_claims_it():
    heap = Heap()
    heap.module("app", SOCK=heap.socket(7))
    heap.event("close", fd=7, closed=True)

    first, claimed, *_ = lines(heap, 7)

    assert first == "fd 7  closed"
    assert claimed.startswith("claimed  by socket.socket at 0x")
    assert claimed.endswith(", global SOCK of app: it is stale")
