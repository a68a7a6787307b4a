"""A service that has one of everything: what a collector meets in the heaps of others."""

from __future__ import annotations

import array
import asyncio
import collections
import contextvars
import functools
import io
import mmap
import os
import select
import socket
import tempfile
import threading
import types
import weakref


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Inline:
    def __init__(self):
        self.sock, self.nothing = socket.socket(), None


class Slotted:
    __slots__ = ("first", "second")


class Meta(type):
    pass


class Derived(Slotted, metaclass=Meta):
    pass


def closure(value):
    def inner():
        return value

    return inner


def generator():
    kept = [1]
    yield kept


async def coroutine():
    await asyncio.sleep(0)


async def asynchronous():
    yield 1


@functools.lru_cache
def cached(argument):
    return [argument]


def failed():
    try:
        raise ValueError("x")  # noqa: TRY301
    except ValueError as error:
        return error


def everything():
    """Objects of all kinds, those that own descriptors among them."""
    cached(1), cached("a")
    contextvars.ContextVar("variable").set([1])
    suspended, waiting = generator(), coroutine()
    next(suspended)
    waiting.send(None)
    server = socket.create_server(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0pyhandles-{os.getpid()}")
    keys = {1: 2, "a": 3, (1, 2): 4, b"x" * 3000: 5, "not a name": 6, 2**80: 7, -5: 8, 1.5: 9}
    return [
        Plain(fd=os.dup(0)), Inline(), Slotted(), Derived(), closure([1]), suspended, waiting, asynchronous(), failed(),
        keys, collections.OrderedDict(a=[1]), collections.deque([1, [2]]), {1, 2, "x"}, frozenset([3]),
        functools.partial(print, 1), [].append, weakref.ref(Plain), weakref.WeakValueDictionary(), mmap.mmap(-1, 4096),
        select.epoll(), open("/dev/null"), open(__file__, "rb"), io.StringIO("x"), socket.socketpair(),
        socket.socket(socket.AF_INET6), array.array("i", [1]), os.scandir("."), contextvars.copy_context(),
        types.SimpleNamespace(fd=3), OSError(2, "no", "/nonexistent"), "x" * 100_000, bytearray(100_000),
        memoryview(b"x"), iter([1]), iter({}), {}.keys(), property(len), asyncio.new_event_loop(),
        tempfile.TemporaryFile(), server, socket.create_connection(server.getsockname()), server.accept(), abstract,
        asyncio.new_event_loop().create_future(),
    ]  # fmt: skip


def wait_in_a_thread(local):
    """A thread that waits in a frame with this local variable. Returns: what lets it go on."""
    event = threading.Event()

    def waits(local):  # noqa: ARG001
        event.wait()

    threading.Thread(target=waits, args=(local,)).start()
    return event
