from __future__ import annotations

import pytest

from pyhandles.findings.verdicts.case import case
from pyhandles.findings.verdicts.verdict import KINDS, Verdict, verdict
from pyhandles.findings.why import why
from pyhandles.format import THREAD_CAPTURING, FrameKind, ObjectFlag, OwnerFlag, RootKind
from tests.heap import Heap


def judge(heap: Heap, *indices: int, fd: int | None = None) -> Verdict:
    found = verdict(case(heap.snapshot(), indices, fd))
    assert found.kind in KINDS
    assert not found.text.endswith(".")
    return found


def said(heap: Heap, *indices: int, fd: int | None = None) -> tuple[str, str]:
    found = judge(heap, *indices, fd=fd)
    return found.kind, found.text


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

    assert said(heap, sock, fd=7) == (
        "closing",
        "close() was called, and waits for 1 makefile() object to be closed, too",
    )


def test_the_makefile_objects_that_are_waited_for_and_who_holds_them():
    heap = Heap()
    sock = heap.socket(7, flags=OwnerFlag.CLOSING, uses=1)
    raw, buffer, reply = heap.object("socket.SocketIO"), heap.object("_io.BufferedReader"), heap.instance("app.Reply")
    heap.refer(raw, "._sock", sock)
    heap.refer(buffer, "member raw", raw)
    heap.refer(reply, ".fp", buffer)
    heap.module("app", REPLY=reply)
    heap.tcp(7)

    assert judge(heap, sock, fd=7).text.endswith("to be closed, too: _io.BufferedReader in Reply.fp")


def test_the_holders_of_those_who_share():
    heap = Heap()
    one, other = heap.socket(7), heap.socket(7)
    heap.module("app", ONE=one, OTHERS=heap.list(other))
    heap.tcp(7)

    found = judge(heap, one, other, fd=7).text

    assert "(global ONE of app), " in found
    assert "(global OTHERS[0] of app); " in found


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


def test_a_cycle_through_an_exception_says_which():
    heap = Heap()
    sock, client = heap.socket(7), heap.instance("app.Client")
    heap.refer(client, ".sock", sock)
    heap.refer(client, ".error", raised(heap, client))
    heap.tcp(7)

    assert judge(heap, sock).text.startswith("only a cycle through ValueError: bad keeps it: Client.error → ")


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


def raised(heap: Heap, index: int, *, message: str = "bad") -> int:
    """An exception that came out of a function with ``index`` in a variable, through its caller."""
    error, outer, inner = heap.exception("ValueError", message), heap.object("traceback"), heap.object("traceback")
    heap.refer(error, "member __traceback__", outer)
    heap.refer(outer, "member tb_frame", heap.generator("main", line=90, kind=FrameKind.FINISHED))
    heap.refer(outer, "member tb_next", inner)
    heap.refer(inner, "member tb_frame", heap.generator("connect", line=5, kind=FrameKind.FINISHED, s=index))
    return error


def test_a_traceback_on_the_way_says_which_exception_and_who_keeps_it():
    heap = Heap()
    sock, client = heap.socket(7), heap.instance("app.Client")
    heap.refer(client, ".error", raised(heap, sock))
    heap.module("app", CLIENT=client)
    heap.tcp(7)

    assert said(heap, sock, fd=7) == (
        "exception",
        (
            "held by local variable s of connect(), in the traceback of ValueError: bad, raised in connect() at "
            "app.py:5; Client.error keeps it: drop that exception, or its __traceback__"
        ),
    )


@pytest.mark.parametrize(
    ("label", "words"),
    [("__context__", "the __context__ of"), ("__cause__", "the __cause__ of"), ("exceptions", "one of")],
)
def test_an_exception_behind_another(label, words):
    heap = Heap()
    sock, outer = heap.socket(7), heap.exception("RuntimeError", "outer")
    heap.refer(outer, f"member {label}", raised(heap, sock))
    heap.module("app", LAST=outer)
    heap.tcp(7)

    found = judge(heap, sock, fd=7)

    assert f"in the traceback of ValueError: bad, {words} RuntimeError: outer, raised in connect()" in found.text
    assert found.text.endswith("global LAST of app keeps it: drop that exception, or its __traceback__")


def test_a_traceback_alone_belongs_to_the_one_exception_that_has_it():
    heap = Heap()
    sock = heap.socket(7)
    error = raised(heap, sock)
    traceback = next(index for index, entry in enumerate(heap._objects) if entry.type == heap.type("traceback"))
    heap.module("app", TB=traceback)
    heap.tcp(7)

    assert "the traceback of ValueError: bad, raised" in judge(heap, sock, fd=7).text
    heap._objects[error].references.clear()
    assert "connect(), in a traceback, raised in connect() at app.py:5" in judge(heap, sock, fd=7).text


def test_a_variable_that_keeps_a_traceback_is_not_the_one_in_it():
    heap = Heap()
    sock = heap.socket(7)
    raised(heap, sock)
    traceback = next(index for index, entry in enumerate(heap._objects) if entry.type == heap.type("traceback"))
    heap.frame("handle", tb=traceback)
    heap.tcp(7)

    found = judge(heap, sock).text

    assert found.startswith("held by local variable s of connect(), in the traceback of ValueError: bad, raised")
    assert "local variable tb of handle() keeps it" in found


def test_an_exception_that_itself_refers_to_the_owner():
    heap = Heap()
    sock, error = heap.socket(7), heap.exception("ValueError", "bad")
    heap.refer(error, ".sock", sock)
    heap.module("app", LAST=error)
    heap.tcp(7)

    assert judge(heap, sock).text == "held by ValueError: bad; global LAST of app keeps it: drop that exception"


def test_an_exception_that_is_being_handled():
    heap = Heap()
    sock = heap.socket(7)
    heap.root(raised(heap, sock), RootKind.THREAD, "exception being handled")
    heap.tcp(7)

    assert judge(heap, sock).text.endswith("a thread is handling it: it goes when the except block ends")


def test_the_last_uncaught_exception_is_kept_by_sys():
    heap = Heap()
    sock, names = heap.socket(7), heap.object("dict")
    heap.refer(names, "global last_exc", raised(heap, sock))
    heap.root(names, RootKind.INTERPRETER, "sys")
    heap.tcp(7)

    assert "; global last_exc of module sys keeps it: drop that exception" in judge(heap, sock).text


def test_what_is_cut_is_what_keeps_the_exception():
    heap = Heap()
    sock, client = heap.socket(7), heap.instance("app.Client")
    heap.refer(client, ".error", raised(heap, sock))
    heap.module("app", CLIENT=client, OTHER=heap.list(client))
    heap.tcp(7)

    assert why(heap.snapshot(), [sock], fd=7).cut == "Client.error"


def test_what_the_collector_put_aside():
    heap = Heap()
    sock = heap.socket(7)
    heap.root(heap.list(sock), RootKind.INTERPRETER, "gc.garbage")
    heap.tcp(7)

    assert judge(heap, sock).text.endswith("put it there and never frees it: clear gc.garbage")


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

    assert said(heap, sock, fd=7) == ("rooted", "held by global POOL of module app → Pool.idle → value ['main']")


def test_rooted_in_the_interpreter():
    heap = Heap()
    sock = heap.socket(7)
    handler = heap.instance("app.Handler")
    heap.refer(handler, ".sock", sock)
    heap.root(handler, RootKind.INTERPRETER, "signal handler")

    assert judge(heap, sock, fd=None).text.startswith("it believes")
    heap.tcp(7)
    assert said(heap, sock) == ("rooted", "held by signal handler of the interpreter → Handler.sock")


def test_a_number_that_is_kept_without_an_object():
    heap = Heap()
    worker = heap.instance("app.Worker")
    heap.module("app", WORKER=worker)
    heap.number(worker, ".fd", 7)
    heap.tcp(7)

    assert said(heap, fd=7) == (
        "raw",
        (
            "no object owns it; the likely holder is Worker.fd, which has its number: "
            "global WORKER of module app → Worker.fd"
        ),
    )


def test_what_was_open_at_the_start():
    heap = Heap()
    heap.descriptor(0, "/dev/pts/1", start=1)
    heap.number(heap.instance("app.Worker"), ".fds", 0)
    heap.descriptor(2, "/dev/pts/1", start=0)
    heap.descriptor(9, "pipe:[3]", start=1)

    assert said(heap, fd=0) == ("standard", "it is standard input, as at the start")
    assert judge(heap, fd=9).kind == "inherited"
    assert judge(heap, fd=2).kind == "native"


def test_held_by_native_code():
    heap = Heap()
    sock = heap.socket(7, held=2)
    heap.tcp(7)

    assert said(heap, sock, fd=7) == (
        "native",
        "held by native code: 2 references to it are from no object in the snapshot",
    )


def test_a_root_itself():
    heap = Heap()
    module, frame = heap.module("app"), heap.frame("handle")

    assert said(heap, module) == ("rooted", "it is a root: module app")
    assert said(heap, frame) == ("frame", "it is a root: handle() at app.py:1 in thread MainThread")


def test_an_immortal_object():
    heap = Heap()

    assert judge(heap, heap.object("NoneType", immortal=True)).text == "it is never freed"
