"""`fd N`: what a descriptor number is, where it comes from, what was done to it."""

from __future__ import annotations

import pytest

from pyhandles.errors import NotRecorded, UnknownObject
from pyhandles.findings.biography import biography
from pyhandles.format import MisuseKind
from tests.heap import Heap
from tests.recording import PID, SECOND, SINCE
from tests.shell.recorded import recorded_heap


def test_an_open_descriptor_with_its_owner_and_its_opening():
    told = biography(recorded_heap().snapshot(), 7)

    assert (told.state, told.handle.target) == ("open", "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED")
    assert told.handle.holder == "Connection.sock"
    assert told.opened_at == "pool.py:88 in Pool.get"
    assert told.origin.stack == ("pool.py:88 in Pool.get", "app.py:12 in main")
    assert (told.origin.thread, told.origin.call, told.origin.nth) == ("worker-3", "socket", 2)
    assert told.origin.process is None


def test_all_that_was_done_to_it_in_the_order_of_its_effect_each_with_its_stack():
    told = biography(recorded_heap().snapshot(), 7)

    assert [call.call for call in told.events.rows if not call.between] == [
        *("socket", "connect", "close", "socket", "send"),
    ]
    assert all(call.stack for call in told.events.rows)


def test_a_close_comes_before_what_was_opened_while_it_had_not_returned():
    """As the kernel does it: the number is free as soon as the close has begun."""
    heap = Heap()
    heap.tcp(7)
    heap.event("socket", fd=7, opened=True, time=SINCE * SECOND, duration=10)
    heap.event("socket", fd=7, opened=True, thread=2, time=SINCE * SECOND + 1020, duration=10)
    heap.event("close", fd=7, closed=True, time=SINCE * SECOND + 1000, duration=100)

    assert [call.call for call in biography(heap.snapshot(), 7).events.rows] == ["socket", "close", "socket"]


def test_being_copied_and_closed_with_a_range_belong_to_it():
    heap = Heap()
    heap.event("open", fd=7, opened=True)
    heap.event("dup", fd=9, other=7, opened=True)
    heap.event("open", fd=8, opened=True)
    heap.event("close_range", fd=3, other=7, closed=True)

    told = biography(heap.snapshot(), 7)

    assert [call.call for call in told.events.rows] == ["open", "dup", "close_range"]
    assert told.state == "closed"


def test_what_other_threads_did_while_the_number_was_free():
    heap = Heap()
    heap.tcp(7)
    heap.event("close", fd=7, closed=True)
    heap.event("open", fd=12, opened=True, thread=2)
    heap.event("socket", fd=7, opened=True, thread=2)

    _, other, _ = biography(heap.snapshot(), 7).events.rows

    assert (other.between, other.fd) == (True, 12)


def test_an_opening_of_the_process_that_this_one_was_forked_from():
    heap = Heap()
    heap.descriptor(5, "pipe:[1]", mode=0o010600)
    heap.opening(5, "pipe2", pid=PID - 1)

    assert biography(heap.snapshot(), 5).origin.process == PID - 1


def test_what_was_open_from_the_start():
    heap = Heap()
    heap.record()
    heap.descriptor(0, "/dev/null", mode=0o020666, start=1)

    told = biography(heap.snapshot(), 0)

    assert (told.origin, told.at_start, told.opened_at) == (None, True, None)


def test_what_an_object_owns_whose_number_is_closed():
    heap = Heap()
    heap.module("app", SOCK=heap.socket(7))
    heap.event("close", fd=7, closed=True)

    told = biography(heap.snapshot(), 7)

    assert (told.state, told.handle) == ("closed", None)
    assert [handle.holder for handle in told.stale] == ["global SOCK of app"]


def test_misuse_of_the_number():
    heap = Heap()
    heap.tcp(7)
    heap.misuse(MisuseKind.LATE_USE, "write", fd=7)
    heap.misuse(MisuseKind.DOUBLE_CLOSE, fd=8)

    assert [misuse.kind for misuse in biography(heap.snapshot(), 7).misuses] == ["late use"]


def test_the_last_calls_alone():
    told = biography(recorded_heap().snapshot(), 7, last=2)

    assert [call.call for call in told.events.rows if not call.between] == ["socket", "send"]
    assert told.events.total == 5


def test_a_number_of_which_nothing_is_known():
    with pytest.raises(UnknownObject, match="descriptor 99 was not open, and nothing is recorded of it"):
        biography(recorded_heap().snapshot(), 99)
    with pytest.raises(UnknownObject) as error:
        biography(recorded_heap().snapshot(), 65536)
    assert "Numbers from 65,536 on are counted, with no history" in error.value.hint


def test_without_a_recording():
    heap = Heap()
    heap.tcp(7)

    with pytest.raises(NotRecorded):
        biography(heap.snapshot(), 7)
