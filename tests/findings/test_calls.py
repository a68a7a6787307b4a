"""`calls`: the recorder's counters, as `strace -c` would show them."""

from __future__ import annotations

import pytest

from pyhandles.errors import NotRecorded, UnknownObject
from pyhandles.findings.calls import CallCount, calls
from pyhandles.format import NOTHING, MisuseKind
from tests.heap import Heap
from tests.shell.recorded import recorded_heap

EBADF, EMFILE = 9, 24


def row_of(heap: Heap, **options: object) -> CallCount:
    [row] = calls(heap.snapshot(), **options).page.rows
    return row


def closes(**counted: object) -> CallCount:
    heap = Heap()
    heap.counter("close", heap.site("util.py", "daemonize", 31), **counted)
    return row_of(heap)


def test_a_row_is_a_call_at_a_place():
    heap = Heap()
    heap.counter("socket", heap.site("pool.py", "Pool.get", 88), count=300, errors={EMFILE: 4}, nanoseconds=1_500_000)

    assert row_of(heap) == CallCount("socket", "pool.py:88 in Pool.get", 300, {"EMFILE": 4}, 0.0015, None, False, 1)


def test_most_calls_come_first():
    rows = calls(recorded_heap().snapshot()).page.rows

    assert [row.count for row in rows] == [1021, 300, 300, 299, 12, 5, 5]
    assert [row.call for row in rows if row.count == 300] == ["connect", "socket"]  # the longer ones


def test_what_forked_children_did_is_apart():
    found = calls(recorded_heap().snapshot())

    assert [row.count for row in found.page.rows if row.children] == [found.children.count] == [1021]
    assert found.own.count == sum(row.count for row in found.page.rows if not row.children)
    assert (found.own.failed, found.children.failed) == (23, 1019)


def test_a_call_is_called_as_programmers_do():
    """The C library has one of its own for large files, and for checked ones."""
    heap = Heap()
    main = heap.site("app.py", "main", 3)
    for name in ("open", "open64", "__open_2", "__open64_2"):
        heap.counter(name, main, count=2)

    row = row_of(heap)

    assert (row.call, row.count) == ("open", 8)


def test_summed_up_by_call():
    rows = calls(recorded_heap().snapshot(), by="call").page.rows

    assert [(row.call, row.site, row.count, row.sites) for row in rows if not row.children] == [
        ("socket", None, 312, 2),
        ("connect", None, 300, 1),
        ("close", None, 299, 1),
        ("open", None, 10, 2),
    ]


def test_summed_up_by_place():
    rows = calls(recorded_heap().snapshot(), by="site").page.rows

    assert [(row.call, row.site, row.count) for row in rows][:2] == [
        (None, "util.py:31 in daemonize", 1021),
        (None, "pool.py:88 in Pool.get", 600),
    ]


def test_those_that_failed_most_failures_first():
    found = calls(recorded_heap().snapshot(), errors=True)

    assert [row.errors for row in found.page.rows] == [
        {"EBADF": 1019},
        {"ECONNREFUSED": 20, "ETIMEDOUT": 1},
        {"EBADF": 2},
    ]
    assert found.own.count == 599


def test_those_that_took_longest_first():
    assert calls(recorded_heap().snapshot(), seconds=True).page.rows[0].call == "connect"


def test_calls_of_one_name_or_of_a_kind():
    snapshot = recorded_heap().snapshot()

    assert {row.call for row in calls(snapshot, call="close").page.rows} == {"close"}
    assert {row.call for row in calls(snapshot, call="c*").page.rows} == {"close", "connect"}
    assert {row.call for row in calls(snapshot, call="close, open64").page.rows} == {"close", "open"}
    with pytest.raises(UnknownObject, match="no recorded call is called 'clsoe'") as error:
        calls(snapshot, call="clsoe")
    assert "close" in error.value.hint


def test_sites_that_found_no_room_are_counted_as_one():
    heap = Heap()
    heap.counter("open", NOTHING, count=5)

    assert row_of(heap).site == "(other sites)"


def test_errors_that_found_no_room_are_counted_as_one():
    heap = Heap()
    heap.counter("open", heap.site("a.py", "f", 1), count=5, errors={2: 3, 0: 1})

    assert row_of(heap).errors == {"ENOENT": 3, "others": 1}


def test_a_close_storm_is_named_with_its_place_its_share_and_what_to_use():
    row = closes(count=1_048_573, errors={EBADF: 1_048_573}, unopened=1_048_573, run=(3, 1_048_575))

    assert row.note == (
        "close storm: 1,048,573 closes of never-opened numbers from `daemonize()` at util.py:31, "
        "fd 3 to 1048575 one after the other; 100% of 1,048,573 closes failed; use `os.closerange` or `close_fds`"
    )


def test_all_is_said_of_all_only():
    row = closes(count=100_000, errors={EBADF: 99_999}, unopened=99_990, run=(0, 99_999))

    assert "99.9% of 100,000 closes failed" in row.note


def test_numbers_beyond_those_with_a_history_were_never_opened_as_far_as_is_known():
    row = closes(count=1_048_573, errors={EBADF: 1_048_570}, unopened=65_530, run=(3, 1_048_575))

    assert row.note.startswith("close storm: 1,048,570 closes of never-opened numbers")


def test_closing_a_row_of_what_is_open_is_no_storm():
    assert closes(count=2000, run=(5, 2004)).note is None
    assert closes(count=2000, errors={EBADF: 3}, run=(5, 2004)).note == (
        "3 closes of numbers that were not open from `daemonize()` at util.py:31"
    )


def test_a_few_closes_in_vain_are_told():
    assert closes(count=9, errors={EBADF: 2}, unopened=1).note == (
        "2 closes of numbers that were not open from `daemonize()` at util.py:31, 1 of them never opened"
    )


def test_closes_in_vain_that_were_noted_as_misuse_are_told_there():
    heap = Heap()
    drop = heap.site("pool.py", "drop", 95)
    heap.counter("close", drop, count=2, errors={EBADF: 1})
    heap.misuse(MisuseKind.DOUBLE_CLOSE, fd=7, stack=heap.stack(drop))

    assert row_of(heap).note == "1 close of a number that was not open from `drop()` at pool.py:95; see `misuse`"


def test_a_close_that_failed_otherwise_is_not_told():
    assert closes(count=9, errors={5: 2}).note is None


def test_a_sum_says_what_is_wrong_with_its_parts():
    notes = [row.note for row in calls(recorded_heap().snapshot(), by="call").page.rows if row.call == "close"]

    assert [note.partition(" ")[0] for note in notes] == ["close", "2"]


def test_without_a_recording():
    with pytest.raises(NotRecorded):
        calls(Heap().snapshot())


def test_a_recording_without_a_call():
    heap = Heap()
    heap.record()

    assert calls(heap.snapshot()).page.empty == "no call was recorded"
