"""Has a thread wait in each of many calls, captures itself when all of them do, and prints what each waits in.

    python every_wait.py SNAPSHOT [--in-place] [--at-limit] [--refuse-unshare] [--refuse-empty-table]
                         [--drop-privileges]

The line that it prints is JSON: ``threads``, by the kernel's number of each: what it waits for, the names that the call
may have, the descriptor or both, and the numbers that it watches; ``own``, the thread that captures; ``seconds`` since
the first began; ``same``: are the same numbers open after the capture as before?
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import pyhandles
from tests.open_numbers import is_open

LONG = 600
WAITS: list[Callable[[], tuple[Callable[[], Any], str, int | list[int], list[int]]]] = []
KEPT: list[Any] = []


def waits(make: Callable[[], tuple[Callable[[], Any], str, int | list[int], list[int]]]) -> None:
    """The function gives what a thread is to do, what the call is called, its descriptor, and the watched numbers."""
    WAITS.append(make)


def kept(thing: Any) -> Any:
    KEPT.append(thing)
    return thing


def udp() -> socket.socket:
    bound = kept(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    bound.bind(("127.0.0.1", 0))
    return bound


def pipe() -> int:
    """The end to read from."""
    reading, writing = os.pipe()
    kept(writing)
    return reading


@waits
def a_datagram():
    place = udp()
    return lambda: place.recvfrom(10), "recvfrom", place.fileno(), []


@waits
def a_datagram_with_a_timeout():
    place = udp()
    place.settimeout(LONG)
    return lambda: place.recvfrom(10), "poll ppoll", place.fileno(), [place.fileno()]


@waits
def a_message():
    one, _ = kept(socket.socketpair())
    return lambda: one.recvmsg(1), "recvmsg", one.fileno(), []


@waits
def a_connection():
    server = kept(socket.create_server(("127.0.0.1", 0)))
    return server.accept, "accept4 accept", server.fileno(), []


@waits
def room_in_a_socket():
    one, _ = kept(socket.socketpair())
    return lambda: one.sendall(bytes(1 << 24)), "sendto", one.fileno(), []


@waits
def a_pipe():
    fd = pipe()
    return lambda: os.read(fd, 1), "read", fd, []


@waits
def room_in_a_pipe():
    reading, writing = os.pipe()
    kept(reading)
    return lambda: os.write(writing, bytes(1 << 20)), "write", writing, []


@waits
def several_in_poll():
    fds = sorted([pipe(), pipe(), udp().fileno()])
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return lambda: poll.poll(1000 * LONG), "poll ppoll", -1, fds


@waits
def one_in_poll():
    fd = pipe()
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return lambda: poll.poll(1000 * LONG), "poll ppoll", fd, [fd]


@waits
def several_in_select():
    reading, server = pipe(), kept(socket.create_server(("127.0.0.1", 0)))
    fds = [reading, server.fileno()]
    return lambda: select.select([reading, server], [], [reading], LONG), "select pselect6", -1, sorted(fds)


@waits
def an_epoll():
    epoll = kept(select.epoll())
    epoll.register(pipe(), select.EPOLLIN)
    return lambda: epoll.poll(LONG), "epoll_wait epoll_pwait epoll_pwait2", epoll.fileno(), []


@waits
def a_lock():
    lock = kept(threading.Lock())
    lock.acquire()
    return lock.acquire, "futex", -1, []


@waits
def time_to_pass():
    return lambda: time.sleep(LONG), "clock_nanosleep nanosleep select pselect6", -1, []


@waits
def a_lock_of_a_file():
    kept_name = tempfile.NamedTemporaryFile(delete=False)  # noqa: SIM115 - the lock is to last
    fcntl.flock(kept(kept_name), fcntl.LOCK_EX)
    other = kept(open(kept_name.name, "rb"))  # noqa: SIM115
    os.unlink(kept_name.name)
    return lambda: fcntl.flock(other, fcntl.LOCK_EX), "flock", other.fileno(), []


@waits
def a_child():
    child = kept(subprocess.Popen(["cat"], stdin=subprocess.PIPE))  # ends when we do
    return lambda: os.waitpid(child.pid, 0), "wait4", -1, []


@waits
def a_signal():
    return lambda: signal.sigtimedwait({signal.SIGUSR1}, LONG), "rt_sigtimedwait", -1, []


@waits
def room_in_a_socket_for_a_file():
    one, _ = kept(socket.socketpair())
    file = kept(tempfile.TemporaryFile())  # noqa: SIM115 - it is to stay open
    file.truncate(1 << 24)
    return lambda: os.sendfile(one.fileno(), file.fileno(), 0, 1 << 24), "sendfile", [one.fileno(), file.fileno()], []


# ---- and now all of them ----------------------------------------------------------------------------------


def start(function: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            function()
        except OSError as error:  # the program ends
            print(error, file=sys.stderr)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def switches(thread: int) -> str:
    """How often the thread has gone to sleep. One that waits for the interpreter wakes up all the while."""
    with open(f"/proc/self/task/{thread}/status", encoding="ascii") as lines:
        return next(line for line in lines if line.startswith("voluntary_ctxt_switches"))


def until_all_wait(threads: list[int]) -> None:
    before: list[str] = []
    unchanged = 0
    while unchanged < 5:
        now = [switches(thread) for thread in threads]
        unchanged = unchanged + 1 if now == before else 0
        before = now
        time.sleep(0.01)


def until_none_is_free() -> None:
    least = len(os.listdir("/proc/self/fd")) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 1, least + 4096))
    try:
        while True:
            kept(os.dup(0))
    except OSError:
        pass


def drop_privileges() -> None:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def numbers() -> list[int]:
    return [number for number in range(4096) if is_open(number)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("snapshot")
    for option in ("in-place", "at-limit", "refuse-unshare", "refuse-empty-table", "drop-privileges"):
        parser.add_argument(f"--{option}", action="store_true")
    asked = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    pyhandles.install(on=(), fork=not asked.in_place, quiet=True)
    from tests import seccomp  # the interpreter's own directory is not writable for whoever this is run as

    began = time.monotonic()
    expected = {}
    for make in WAITS:
        function, names, fd, watched = make()
        expected[start(function).native_id] = [make.__name__, names.split(), fd, watched]
    until_all_wait(list(expected))
    seccomp.refuse(*[seccomp.UNSHARE] * asked.refuse_unshare, *[seccomp.CLOSE_RANGE] * asked.refuse_empty_table)
    if asked.drop_privileges:
        drop_privileges()
    if asked.at_limit:
        until_none_is_free()
    before = numbers()
    pyhandles.capture(asked.snapshot)
    print(
        json.dumps(
            {
                "threads": expected,
                "own": threading.get_native_id(),
                "seconds": time.monotonic() - began,
                "same": before == numbers(),
            }
        ),
        flush=True,
    )
    os._exit(0)


if __name__ == "__main__":
    main()
