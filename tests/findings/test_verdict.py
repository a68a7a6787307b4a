from __future__ import annotations

import pytest

from pyhandles.findings.verdict import KINDS, Verdict, case, verdict
from pyhandles.format import THREAD_CAPTURING, ObjectFlag, OwnerFlag, RootKind
from tests.heap import Heap


def judge(heap: Heap, *indices: int, fd: int | None = None) -> Verdict:
    found = verdict(case(heap.snapshot(), indices, fd))
    assert found.kind in KINDS
    assert not found.text.endswith(".")
    return found


def in_a_cycle(heap: Heap, index: int) -> int:
    holder = heap.instance("app.Connection")
    heap.refer(holder, ".sock", index)
    heap.refer(holder, ".me", holder)
    return holder


def test_two_reachable_owners_share():
    heap = Heap()
    one, other = heap.socket(7, held=1), heap.socket(7, held=1)
    heap.tcp(7)

    found = judge(heap, one, other, fd=7)

    assert found.kind == "shared"
    assert found.text.startswith("2 objects own it: socket.socket at 0x")
    assert judge(heap, one).kind == "shared"


def test_a_second_owner_that_is_garbage_shares_nothing():
    heap = Heap()
    one, other = heap.socket(7), heap.socket(7)
    heap.module("app", SOCK=one)
    in_a_cycle(heap, other)
    heap.tcp(7)

    assert judge(heap, one, other, fd=7).kind == "rooted"


def test_a_stale_owner():
    heap = Heap()
    closed, taken = heap.socket(7, held=1), heap.socket(8, held=1)
    heap.descriptor(8, "pipe:[3]")

    assert judge(heap, closed).kind == judge(heap, taken).kind == "stale"
    assert judge(heap, closed).text == "it believes to own descriptor 7, which is closed"
    assert judge(heap, taken).text == "it believes to own descriptor 8, which is a pipe by now"


def test_closed_but_kept_open_by_a_makefile():
    heap = Heap()
    sock = heap.socket(7, held=1, flags=OwnerFlag.CLOSING, uses=1)
    heap.tcp(7)

    found = judge(heap, sock, fd=7)

    assert (found.kind, found.text) == (
        "closing",
        "close() was called, and waits for 1 makefile() object to be closed, too",
    )


def test_garbage_says_which_loop_and_why_it_is_still_there():
    heap = Heap()
    sock = heap.socket(7)
    in_a_cycle(heap, sock)
    heap.tcp(7)
    heap.header["gc"]["enabled"] = False

    found = judge(heap, sock, fd=7)

    assert found.kind == "garbage"
    assert found.text == (
        "only a cycle keeps it: Connection.me → Connection; the garbage collector is disabled, so nothing frees it"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, "is disabled"),
        ({"thresholds": [0, 10, 10]}, "is disabled"),
        ({"collections": [0, 0, 0]}, "in generation 0, where it waits, has not run yet"),
        ({"collections": [3, 0, 0]}, "in generation 0, where it waits, ran 3 times, but not since it became garbage"),
    ],
)
def test_why_the_collector_has_not_come(change, reason):
    heap = Heap()
    holder = in_a_cycle(heap, heap.instance("app.Value"))
    heap.header["gc"].update(change)

    assert reason in judge(heap, holder).text


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        (ObjectFlag.GENERATION_2, "in generation 2, where it waits, has not run yet"),
        (ObjectFlag.FROZEN, "it is frozen (gc.freeze), so the garbage collector passes it by"),
    ],
)
def test_where_the_garbage_waits(flag, reason):
    heap = Heap()
    holder = in_a_cycle(heap, heap.instance("app.Value"))
    heap._objects[holder].flags |= flag

    assert reason in judge(heap, holder).text


def test_nothing_is_garbage_during_a_collection():
    heap = Heap()
    holder = in_a_cycle(heap, heap.instance("app.Value"))
    heap.header["gc"]["collecting"] = True

    found = judge(heap, holder)

    assert found.kind == "native"
    assert "during a collection" in found.text


def test_a_traceback_on_the_way_is_told():
    heap = Heap()
    sock = heap.socket(7)
    error, traceback, frame = heap.exception("ValueError", "bad"), heap.object("traceback"), heap.generator("f", s=sock)
    heap.refer(error, "member __traceback__", traceback)
    heap.refer(traceback, "member tb_frame", frame)
    heap.module("app", LAST_ERROR=error)
    heap.tcp(7)

    found = judge(heap, sock, fd=7)

    assert found.kind == "exception"
    assert found.text == (
        "held by global LAST_ERROR of module app → ValueError.__traceback__ → traceback.tb_frame → "
        "local variable s of suspended f() at app.py:1, by way of ValueError: bad"
    )


def test_a_variable_of_a_frame_and_where_its_thread_is():
    heap = Heap()
    sock = heap.socket(7)
    heap.frame("recv", file="socket.py", line=10, thread="worker-3", depth=0)
    heap.frame("handle", file="/srv/app.py", line=62, thread="worker-3", depth=1, conn=sock)
    heap.frame("select", file="selectors.py", line=1, thread="MainThread", depth=0)
    heap.tcp(7)

    found = judge(heap, sock, fd=7)

    assert found.kind == "frame"
    assert found.text == (
        "held by local variable conn of handle() at app.py:62 in thread worker-3; "
        "the thread is in recv() at socket.py:10"
    )


def test_the_frames_that_made_the_snapshot_are_not_told():
    heap = Heap()
    sock = heap.socket(7)
    heap.frame("capture", depth=0)
    heap.frame("handle", depth=1, conn=sock)
    heap.tcp(7)
    heap._rows["threads"][0] = (*heap._rows["threads"][0][:3], THREAD_CAPTURING)

    assert judge(heap, sock).text == "held by local variable conn of handle() at app.py:1 in thread MainThread"


def test_rooted_through_what():
    heap = Heap()
    sock = heap.socket(7)
    pool = heap.instance("app.Pool")
    heap.refer(pool, ".idle", heap.dict(main=sock))
    heap.module("app", POOL=pool)
    heap.tcp(7)

    found = judge(heap, sock, fd=7)

    assert found == Verdict("rooted", "held by global POOL of module app → Pool.idle → value ['main']")


def test_rooted_in_the_interpreter():
    heap = Heap()
    sock = heap.socket(7)
    handler = heap.instance("app.Handler")
    heap.refer(handler, ".sock", sock)
    heap.root(handler, RootKind.INTERPRETER, "signal handler")

    assert judge(heap, sock, fd=None).text.startswith("it believes")
    heap.tcp(7)
    assert judge(heap, sock) == Verdict("rooted", "held by signal handler of the interpreter → Handler.sock")


def test_a_number_that_is_kept_without_an_object():
    heap = Heap()
    worker = heap.instance("app.Worker")
    heap.number(worker, ".fd", 7)
    heap.tcp(7)

    assert judge(heap, fd=7) == Verdict("raw", "no object owns it; its number is attribute .fd of app.Worker")


def test_what_was_open_at_the_start():
    heap = Heap()
    heap.descriptor(0, "/dev/pts/1", start=1)
    heap.number(heap.instance("app.Worker"), ".fds", 0)
    heap.descriptor(2, "/dev/pts/1", start=0)
    heap.descriptor(9, "pipe:[3]", start=1)

    assert judge(heap, fd=0) == Verdict("standard", "it is standard input, as at the start")
    assert judge(heap, fd=9).kind == "inherited"
    assert judge(heap, fd=2).kind == "native"


def test_held_by_native_code():
    heap = Heap()
    sock = heap.socket(7, held=2)
    heap.tcp(7)

    found = judge(heap, sock, fd=7)

    assert found == Verdict("native", "held by native code: 2 references to it are from no object in the snapshot")


def test_a_root_itself():
    heap = Heap()
    module, frame = heap.module("app"), heap.frame("handle")

    assert judge(heap, module) == Verdict("rooted", "it is a root: module app")
    assert judge(heap, frame) == Verdict("frame", "it is a root: handle() at app.py:1 in thread MainThread")


def test_an_immortal_object():
    heap = Heap()

    assert judge(heap, heap.object("NoneType", immortal=True)).text == "it is never freed"
