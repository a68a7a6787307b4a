"""`polls`: a paragraph for each set, what is wrong with it first."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from pyhandles.findings.polls import ADVICE, polls
from pyhandles.render.documents import document
from pyhandles.render.text import text_lines
from tests.findings.test_polls import SOCKETS, epoll_heap, polling, sock
from tests.heap import Heap


def stale_heap(*, watched: int = 2) -> Heap:
    """An epoll that watches so many sockets; what was registered as 7 is elsewhere by now."""
    heap = epoll_heap()
    heap.descriptor(7, "/var/log/app.log", mode=0o100644, device=2, inode=3)
    for fd in range(8, 7 + watched):
        sock(heap, fd)
    heap.epoll_set(4, {7: 1007} | {fd: 1000 + fd for fd in range(8, 7 + watched)}, device=SOCKETS)
    return heap


def plain(heap: Heap, width: int | None = None) -> list[str]:
    return [line.plain for line in text_lines(polls(heap.snapshot()), width)]


def test_a_set_is_told_by_what_it_watches_and_what_is_wrong():
    *lines, problem, fix = plain(stale_heap())

    assert lines == [
        "epoll fd 4 watches 2 numbers; no thread waits in it",
        "owner   select.epoll  0x7f0000001080",
        "holder  Server.events",
        "  fd  state  waits for  there now",
        "   7  stale  readable   /var/log/app.log",
        "   8  ok     readable   tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED",
    ]
    assert problem == (
        "→ fd 7 is /var/log/app.log by now, but what was registered, socket:[1007], is still open (where is not to be "
        "seen), so its events still arrive"
    )
    assert fix == f"fix  {ADVICE}"


def test_of_many_numbers_the_first_are_shown_and_what_is_wrong_above_all():
    lines = plain(stale_heap(watched=1000))

    assert len(lines) < 30
    assert lines[4].split() == ["7", "stale", "readable", "/var/log/app.log"]
    assert "  … and 980 more (--format json has all)" in lines


def test_a_thread_in_poll_is_told_by_its_call():
    heap = polling()
    first, *others = plain(heap)[plain(heap).index("") + 1 :]

    assert first.startswith(
        "thread reader is still in poll(), for at least 3.0 s, on what was fd 8 and was closed meanwhile"
    )
    assert others == [
        "  fd  state   waits for  there now",
        "   8  closed  readable   -",
        "   7  ok      readable   tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED",
    ]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_longer_than_the_terminal(width: int):
    for heap in (stale_heap(watched=40), polling()):
        assert all(cell_len(line) <= width for line in plain(heap, width))


def test_the_document_of_a_set():
    [row] = document("polls", polls(stale_heap().snapshot()))["rows"]

    assert row.keys() == {
        *("set", "also", "owner", "address", "holder", "role", "threads", "watched", "selector_only", "kernel_only"),
        *("text", "problems", "advice"),
    }
    assert (row["set"], row["address"], row["threads"]) == (4, "0x7f0000001080", [])
    assert row["watched"][0] == {
        "fd": 7,
        "target": "/var/log/app.log",
        "events": "readable",
        "state": "stale",
        "registered": "socket:[1007]",
        "role": None,
    }
