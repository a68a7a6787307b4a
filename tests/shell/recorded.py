"""A tiny recording for the shell's tests: a pool that opens, a child that closes every number, a number that recurs."""

from __future__ import annotations

from pyhandles.format import NOTHING, MisuseKind
from tests.heap import Heap
from tests.recording import SECOND, SINCE

EBADF, ECONNREFUSED = 9, 111


def recorded_heap() -> Heap:
    heap = Heap()
    pooled = heap.instance("app.Connection")
    heap.refer(pooled, ".sock", heap.socket(7))
    heap.module("app", POOL=heap.list(pooled))
    heap.tcp(7)
    heap.thread("MainThread", native=1)
    heap.thread("worker-3", native=3)
    get, main = heap.site("/srv/app/pool.py", "Pool.get", 88), heap.site("/srv/app/app.py", "main", 12)
    drop, daemonize = heap.site("/srv/app/pool.py", "Pool.drop", 95), heap.site("/srv/app/util.py", "daemonize", 31)
    library = heap.site("/usr/lib/libcares.so.2", native=True)
    opening, closing = heap.stack(get, main), heap.stack(drop, main)
    heap.event("socket", fd=7, opened=True, stack=opening)
    heap.event("connect", fd=7, errno=ECONNREFUSED, detail="10.0.0.7:5432", stack=opening)
    heap.event("close", fd=7, closed=True, stack=closing, thread=3)
    heap.event("socket", fd=7, opened=True, stack=opening, thread=3)
    heap.opening(7, "socket", stack=opening, thread=3, time=(SINCE + 4) * SECOND)
    heap.counter("socket", get, count=300, nanoseconds=1_500_000)
    heap.counter("connect", get, count=300, errors={ECONNREFUSED: 20, 110: 1}, nanoseconds=2 * SECOND)
    heap.counter("close", drop, count=299, errors={EBADF: 2}, nanoseconds=300_000, unopened=1)
    heap.counter("open64", main, count=4, nanoseconds=40_000)
    heap.counter("open", main, count=1, nanoseconds=10_000)
    heap.counter("socket", library, count=12, nanoseconds=60_000)
    heap.counter("open64", NOTHING, count=5, nanoseconds=50_000)
    heap.counter(
        *("close", daemonize), count=1021, errors={EBADF: 1019}, nanoseconds=200_000, unopened=1015, run=(3, 1023),
        in_children=True,
    )  # fmt: skip
    send = heap.stack(
        heap.site("/usr/lib/python3.12/socket.py", "send", 5, standard=True),
        heap.site("/srv/app/reader.py", "Reader.run", 10),
    )
    late, millisecond = (SINCE + 4) * SECOND, SECOND // 1000
    heap.misuse(
        MisuseKind.LATE_USE,
        "send",
        fd=7,
        stack=send,
        count=12,
        time=late + 2 * millisecond,
        closed=(late - SECOND, 3, closing),
        opened=(late, 3, opening),
    )
    heap.misuse(MisuseKind.DOUBLE_CLOSE, fd=5, stack=closing, time=late, thread=3, closed=(late - 40_000, 3, closing))
    return heap
