"""`misuse`: what was done to descriptors that no correct program does."""

from __future__ import annotations

import pytest

from pyhandles.errors import NotRecorded
from pyhandles.findings.misuses import Deed, Misuse, misuse_kinds, misuses
from pyhandles.findings.summary import summary
from pyhandles.findings.why import why
from pyhandles.format import MisuseKind
from tests.heap import Heap
from tests.recording import SECOND, SINCE
from tests.shell.recorded import recorded_heap

NOW = SINCE * SECOND
MILLISECOND = SECOND // 1000


def found(heap: Heap) -> Misuse:
    [misuse] = misuses(heap.snapshot()).rows
    return misuse


def told(kind: MisuseKind, call: str = "close", *, opened_before: int | None = None) -> Misuse:
    """Closed 5 ms before, by another thread."""
    heap = Heap()
    heap.thread("MainThread", native=1)
    heap.thread("reader", native=2)
    use = heap.stack(heap.site("reader.py", "Reader.run", 10))
    closed = (
        NOW - 5 * MILLISECOND,
        1,
        heap.stack(heap.site("pool.py", "Pool.drop", 95), heap.site("app.py", "main", 3)),
    )
    fields = {"closed": closed}
    if opened_before is not None:
        fields["opened"] = (NOW - opened_before, 1, heap.stack(heap.site("pool.py", "Pool.get", 88)))
    heap.misuse(kind, call, fd=7, stack=use, time=NOW, thread=2, **fields)
    return found(heap)


def test_a_late_use_is_told_with_who_closed_the_number_and_who_opened_it_again():
    late = told(MisuseKind.LATE_USE, "send", opened_before=3 * MILLISECOND)

    assert (late.kind, late.fd, late.call, late.count) == ("late use", 7, "send", 1)
    assert late.use == Deed(NOW, "reader", "reader.py:10 in Reader.run", *[("reader.py:10 in Reader.run",)] * 2)
    assert late.closed.stack == ("pool.py:95 in Pool.drop", "app.py:3 in main")
    assert late.opened.site == "pool.py:88 in Pool.get"
    assert late.text == (
        "send() on fd 7 was meant for what had been there before, by thread reader at reader.py:10 in Reader.run; "
        "closed 5.0 ms before by thread MainThread at pool.py:95 in Pool.drop; "
        "given out again 3.0 ms before by thread MainThread at pool.py:88 in Pool.get"
    )
    assert "hand on the object" in late.advice


def test_the_opening_of_what_was_closed_twice_comes_before_the_close():
    double = told(MisuseKind.DOUBLE_CLOSE, opened_before=SECOND)

    assert double.kind == "double close"
    assert double.text.index("opened 1.0 s before") < double.text.index("closed 5.0 ms before")
    assert "close it in one place only" in double.advice


def test_what_is_not_known_is_left_out():
    use = told(MisuseKind.USE_AFTER_CLOSE, "read")

    assert (use.kind, use.opened) == ("use after close", None)
    assert "opened" not in use.text


def test_a_foreign_close():
    heap = Heap()
    heap.misuse(MisuseKind.FOREIGN_CLOSE, fd=7, time=NOW)

    foreign = found(heap)

    assert foreign.text == "close() closed fd 7, which an object still owned, by thread 1"
    assert "detach()" in foreign.advice


def test_a_misuse_of_a_forked_child_is_told_as_such():
    heap = Heap()
    heap.misuse(MisuseKind.DOUBLE_CLOSE, fd=7, pid=4243)

    assert found(heap).process == 4243
    assert "by a forked child, process 4243" in found(heap).text


def test_the_most_dangerous_comes_first():
    heap = Heap()
    for kind in MisuseKind:
        heap.misuse(kind, fd=7)
    heap.misuse(MisuseKind.DOUBLE_CLOSE, fd=8, count=5)

    assert [(each.kind, each.count) for each in misuses(heap.snapshot()).rows] == [
        ("late use", 1),
        ("foreign close", 1),
        ("double close", 5),
        ("double close", 1),
        ("use after close", 1),
    ]


def test_the_summary_says_how_often_there_was_what():
    assert summary(recorded_heap().snapshot()).misuse == {"late use": 12, "double close": 1}
    assert summary(Heap().snapshot()).misuse is None


def test_why_says_what_was_done_to_that_number():
    snapshot = recorded_heap().snapshot()

    assert why(snapshot, [snapshot.owners[0].object], fd=7).misuse == ("late use",)
    assert misuse_kinds(snapshot, fd=8) == {}


def test_no_misuse_and_nobody_who_looked_are_two_things():
    heap = Heap()
    heap.record()
    off = Heap()
    off.record(misuse="off")

    assert misuses(heap.snapshot()).empty == "no misuse was seen"
    assert "nobody looked" in misuses(off.snapshot()).empty
    with pytest.raises(NotRecorded):
        misuses(Heap().snapshot())
