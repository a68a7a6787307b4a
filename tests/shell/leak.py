"""A tiny heap for the shell's tests: two leaked sockets in a cycle, one in a global pool, one raw descriptor."""

from __future__ import annotations

from tests.heap import Heap


def leaking_heap() -> Heap:
    heap = Heap()
    for fd in (7, 8):
        connection, socket = heap.instance("client.Connection"), heap.socket(fd)
        heap.refer(connection, ".sock", socket)
        conns = heap.list(connection)
        on_closed = heap.function("client.open.<locals>.on_closed", file="client.py", line=41, closure={"conns": conns})
        heap.refer(connection, ".on_closed", on_closed)
        heap.tcp(fd)
    pooled = heap.instance("client.Connection")
    heap.refer(pooled, ".sock", heap.socket(9))
    heap.tcp(9, peer="10.0.0.8:80")
    heap.module("client", POOL=heap.list(pooled))
    heap.descriptor(5, "pipe:[4711]", mode=0o010600)
    return heap
