"""`closed`: what was closed here, or half closed, and is not gone."""

from __future__ import annotations

from pyhandles.findings.lingering.closed import closed
from pyhandles.findings.summary import summary
from tests.findings.lingering import (
    SERVER,
    healthy,
    told,
)
from tests.heap import Heap
from tests.surroundings import CLOSE_WAIT, TIME_WAIT


def test_a_healthy_service_has_nothing_of_it():
    assert told(healthy()) == []
    assert closed(healthy().snapshot()).empty == "nothing that was closed is still there"
    assert summary(healthy().snapshot()).closed == {}


def test_a_snapshot_that_tells_nothing_of_the_surroundings_says_so():
    page = closed(Heap().snapshot())

    assert page.rows == ()
    assert "nothing of other processes" in page.note


def test_what_could_not_be_seen_is_said():
    heap = healthy()
    heap.ask_kernel(sockets="Operation not permitted", hidden=2)

    assert closed(heap.snapshot()).note == (
        "not all could be seen: Operation not permitted; the descriptors of 2 processes"
    )


def test_what_explains_the_failed_bind_comes_first():
    heap = healthy()
    heap.tcp(7, state=CLOSE_WAIT)
    heap.kernel_socket("tcp", SERVER, "127.0.0.1:40001", state=TIME_WAIT, timer=3, expires=41_000)
    heap.failed_call("bind", 4, SERVER)

    assert [each.kind for each in told(heap)] == ["kernel", "unnoticed"]
    assert summary(heap.snapshot()).closed == {"kernel": 1, "unnoticed": 1}


def test_where_to_ask_on_if_nothing_explains_the_failed_bind():
    heap = healthy()
    heap.failed_call("bind", 4, SERVER)

    assert closed(heap.snapshot()).note == f"a bind to {SERVER} failed for another reason: see `who {SERVER}`"


def test_a_page_of_them():
    heap = healthy()
    heap.tcp(7, state=CLOSE_WAIT)
    heap.tcp(8, peer="10.0.0.8:1", state=CLOSE_WAIT)
    page = closed(heap.snapshot(), limit=1)

    assert (len(page.rows), page.total, page.more) == (1, 2, 1)
