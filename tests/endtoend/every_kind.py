"""Opens a descriptor of every kind that there is on Linux, captures itself, and prints what each of them is.

The line that it prints is JSON: ``rows``, for each number its kind, its class in the ledger and its likely holder;
``count``, how many the kernel has; ``left_out``, what this machine does not permit. No variable that holds a number
for the program's own bookkeeping is called like a descriptor.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import mmap
import os
import select
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import pyhandles
from tests.open_numbers import is_open

FOLDER = tempfile.mkdtemp()
KEPT: list[Any] = []
TABLE: list[tuple[Callable[[], Any], str, str, str | None]] = []
C = ctypes.CDLL(None, use_errno=True)
BPF, PERF_EVENT_OPEN, FANOTIFY_INIT, USERFAULTFD, IO_URING_SETUP = 321, 298, 300, 323, 425  # x86_64


class Watcher:
    """Keeps a number under a name that says what it is."""

    def __init__(self, fd: int) -> None:
        self.fd = fd


def opens(kind: str, class_: str, holder: str | None = None) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """The function opens descriptors of this kind, which are in this class."""

    def note(function: Callable[[], Any]) -> Callable[[], Any]:
        TABLE.append((function, kind, class_, holder))
        return function

    return note


def numbers() -> set[int]:
    """What is open, without what lists it."""
    return {number for number in map(int, os.listdir("/proc/self/fd")) if is_open(number)}


def call(name: str, *arguments: Any) -> int:
    """What a function of the C library gives. Raises OSError."""
    given = getattr(C, name)(*arguments)
    if given < 0:
        raise OSError(ctypes.get_errno(), name)
    return int(given)


def path(name: str, contents: str = "contents") -> str:
    made = f"{FOLDER}/{name}"
    with open(made, "w") as written:
        written.write(contents)
    return made


# Owned


@opens("file", "owned")
def a_file():
    return open(path("a"))


@opens("dir", "owned")
def a_directory_being_read():
    path("b"), path("c")
    entries = os.scandir(FOLDER)
    next(entries)
    return entries


@opens("socket", "owned")
def a_connection_and_its_server():
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    return server, client, server.accept()


@opens("socket", "owned")
def udp():
    return socket.socket(type=socket.SOCK_DGRAM)


@opens("socket", "owned")
def unix():
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(f"\0pyhandles-{os.getpid()}")
    return sock


@opens("socket", "owned")
def a_pair():
    return socket.socketpair()


@opens("socket", "owned")
def netlink():
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


@opens("socket", "owned")
def packets():
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


@opens("socket", "owned")
def vsock():
    return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


@opens("pipe", "owned")
def a_pipe_with_files_around_it():
    reading, writing = os.pipe()
    return os.fdopen(reading), os.fdopen(writing, "w")


@opens("epoll", "owned")
def epoll():
    return select.epoll()


@opens("device", "owned")
def null():
    return open("/dev/null")


@opens("file", "owned")
def a_mapped_file():
    """The mapping has a descriptor of its own."""
    mapped = open(path("mapped"))  # noqa: SIM115 - it is to stay open
    return mapped, mmap.mmap(mapped.fileno(), 0, access=mmap.ACCESS_READ)


@opens("file", "owned")
def a_mapping_alone():
    with open(path("mapping")) as mapped:
        return mmap.mmap(mapped.fileno(), 0, access=mmap.ACCESS_READ)


@opens("memfd", "owned")
def a_file_in_memory():
    return open(os.memfd_create("owned"), "w")


@opens("tty", "owned")
def a_terminal_with_a_file_around_it():
    one, other = os.openpty()
    return open(one, "rb", buffering=0), open(other, "rb", buffering=0)


# Shared, garbage


@opens("socket", "shared")
def two_sockets_of_one_number():
    sock = socket.socket()
    return sock, socket.socket(fileno=sock.fileno())


@opens("socket", "garbage")
def a_socket_in_a_cycle():
    connection = Watcher.__new__(Watcher)
    connection.itself, connection.sock = connection, socket.socket()


# Raw


@opens("file", "raw", "Watcher.fd (likely)")
def an_attribute():
    return Watcher(os.open(path("raw"), os.O_RDONLY))


@opens("dir", "raw", "Watcher.fd (likely)")
def a_directory():
    return Watcher(os.open(FOLDER, os.O_RDONLY))


@opens("fifo", "raw", "Watcher.fd (likely)")
def a_named_pipe():
    os.mkfifo(f"{FOLDER}/fifo")
    return Watcher(os.open(f"{FOLDER}/fifo", os.O_RDWR))


@opens("eventfd", "raw", "Watcher.fd (likely)")
def eventfd():
    return Watcher(os.eventfd(0))


@opens("timerfd", "raw", "Watcher.fd (likely)")
def timer():
    return Watcher(call("timerfd_create", time.CLOCK_MONOTONIC, 0))


@opens("signalfd", "raw", "Watcher.fd (likely)")
def signals():
    mask = (ctypes.c_ulong * 16)(1 << (signal.SIGUSR1 - 1))
    return Watcher(call("signalfd", -1, mask, 0))


@opens("inotify", "raw", "Watcher.fd (likely)")
def inotify():
    return Watcher(call("inotify_init1", 0))


@opens("memfd", "raw", "Watcher.fd (likely)")
def memory():
    return Watcher(os.memfd_create("raw"))


@opens("pidfd", "raw", "Watcher.fd (likely)")
def a_process():
    return Watcher(os.pidfd_open(os.getpid()))


@opens("tty", "raw")
def a_terminal():
    made = Watcher.__new__(Watcher)
    made.master, made.slave = os.openpty()
    return made


@opens("epoll", "raw", "Watcher.fd (likely)")
def epoll_without_an_object():
    return Watcher(call("epoll_create1", 0))


@opens("device", "raw", "Watcher.fd (likely)")
def block_device():
    for name in sorted(os.listdir("/sys/block")):
        if os.path.exists(f"/dev/{name}"):
            return Watcher(os.open(f"/dev/{name}", os.O_RDONLY | os.O_NONBLOCK))
    raise OSError("there is none")


@opens("other", "raw", "Watcher.fd (likely)")
def page_faults():
    return Watcher(call("syscall", USERFAULTFD, os.O_CLOEXEC | 1))


@opens("other", "raw", "Watcher.fd (likely)")
def performance():
    event = (ctypes.c_uint32 * 32)(1, 128, 1)  # a counter of the kernel's own: the processor's clock
    return Watcher(call("syscall", PERF_EVENT_OPEN, event, 0, -1, -1, 0))


@opens("other", "raw", "Watcher.fd (likely)")
def a_map_of_bpf():
    return Watcher(call("syscall", BPF, 0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 128))


@opens("other", "raw", "Watcher.fd (likely)")
def fanotify():
    return Watcher(call("syscall", FANOTIFY_INIT, 0x200, os.O_RDONLY))


@opens("other", "raw", "Watcher.fd (likely)")
def a_ring():
    return Watcher(call("syscall", IO_URING_SETUP, 1, (ctypes.c_uint32 * 32)()))


@opens("file", "raw", "global LOCK_FD of __main__ (likely)")
def a_global_variable():
    globals()["LOCK_FD"] = os.open(path("lock"), os.O_RDONLY)


@opens("file", "raw", "global KEPT[{}]['fd'] of __main__ (likely)")
def a_value_of_a_dict():
    return {"fd": os.open(path("value"), os.O_RDONLY)}


@opens("file", "raw", "local variable fd of reads() (likely)")
def a_variable_of_a_generator():
    def reads():
        fd = os.open(path("generator"), os.O_RDONLY)
        yield fd is None

    suspended = reads()
    next(suspended)
    return suspended


@opens("file", "raw", "closure variable fd of a_closure_variable.<locals>.reads (likely)")
def a_closure_variable():
    fd = os.open(path("closure"), os.O_RDONLY)

    def reads():
        return os.read(fd, 1)

    return reads


@opens("file", "raw", "Watcher.fds[1] (likely)")
def an_item_of_a_list():
    made = Watcher.__new__(Watcher)
    made.fds = [None, os.open(path("item"), os.O_RDONLY)]
    return made


@opens("file", "raw", "Watcher.pipes['a'] (likely)")
def an_item_of_a_dict():
    made = Watcher.__new__(Watcher)
    made.pipes = {"a": os.open(path("dict"), os.O_RDONLY)}
    return made


@opens("file", "raw", "Watcher.watched_fds{{…}} (likely)")
def an_item_of_a_set():
    made = Watcher.__new__(Watcher)
    made.watched_fds = {os.open(path("set"), os.O_RDONLY), "x"}
    return made


@opens("file", "raw", "Watcher.name_by_fd{{key {number}}} (likely)")
def a_key():
    made = Watcher.__new__(Watcher)
    made.name_by_fd = {os.open(path("key"), os.O_RDONLY): "key"}
    return made


# Native


@opens("file", "native")
def lost():
    os.open(path("lost"), os.O_RDONLY)


@opens("pipe", "native")
def a_lost_pipe():
    os.pipe()


@opens("file", "native")
def borrowed():
    return io.FileIO(os.open(path("borrowed"), os.O_RDONLY), closefd=False)


@opens("file", "native")
def a_database():
    database = sqlite3.connect(f"{FOLDER}/database")
    database.execute("create table pages (number)")
    return database


@opens("file", "native")
def a_number_whose_name_says_nothing():
    made = Watcher.__new__(Watcher)
    made.age = os.open(path("age"), os.O_RDONLY)
    return made


def main() -> None:
    gc.disable()
    pyhandles.install("every.pkl", on=(), quiet=True)
    rows = [(number, None, "standard" if number < 3 else "inherited", None) for number in sorted(numbers())]
    left_out = []
    for function, kind, class_, holder in TABLE:
        before = numbers()
        try:
            KEPT.append(function())
        except OSError as error:
            left_out.append((function.__name__, str(error)))
        place = len(KEPT) - 1
        opened = sorted(numbers() - before)
        rows += [(number, kind, class_, holder and holder.format(place, number=number)) for number in opened]
    stale = socket.socket()
    os.close(stale.fileno())
    count = len(numbers())
    pyhandles.capture()
    json.dump({"rows": rows, "count": count, "left_out": left_out}, sys.stdout)
    os._exit(sys.stdout.flush() or 0)


if __name__ == "__main__":
    main()
