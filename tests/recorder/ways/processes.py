"""Other processes, whose descriptors are not this one's, and what only the kernel makes."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import multiprocessing
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from multiprocessing import shared_memory

from tests.recorder.ways import way

SMALL = ["/bin/sh", "-c", "exec 5</dev/null; cat"]


@way
def subprocesses():
    for extra in ({}, {"cwd": "/"}, {"close_fds": False}, {"start_new_session": True}, {"preexec_fn": os.getpid}):
        subprocess.run(SMALL, input=b"x", stdout=subprocess.PIPE, check=True, **extra)
    with open("output", "wb") as output, subprocess.Popen(SMALL, stdin=subprocess.DEVNULL, stdout=output) as process:
        process.wait()
    os.popen("echo").close()


@way
def a_subprocess_that_cannot_be_started():
    for extra in ({}, {"cwd": "/nowhere"}):
        with contextlib.suppress(FileNotFoundError):
            subprocess.run(["/nowhere/at/all"], check=True, **extra)


@way
def forks():
    child = os.fork()
    if child == 0:
        os.close(os.open("/dev/null", os.O_RDONLY))
        os._exit(0)
    os.waitpid(child, 0)


@way
def subprocesses_of_a_loop():
    async def main():
        process = await asyncio.create_subprocess_exec(*SMALL, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert await process.communicate(b"x") == (b"x", None)

    asyncio.run(main())


def _double(number: int) -> int:
    open("/dev/null").close()
    return 2 * number


@way
def multiple_processes():
    context = multiprocessing.get_context("fork")
    one, other = context.Pipe()
    process = context.Process(target=other.send, args=(1,))
    process.start()
    assert one.recv() == 1
    process.join()
    process.close()
    with context.Pool(2) as pool:
        assert pool.map(_double, range(8)) == list(range(0, 16, 2))
        pool.close()
        pool.join()


@way
def shared_blocks():
    block = shared_memory.SharedMemory(create=True, size=100)
    shared_memory.SharedMemory(block.name).close()
    block.close()
    block.unlink()


@way
def of_the_kernel():
    for fd in (os.eventfd(0), os.memfd_create("a"), os.pidfd_open(os.getpid())):
        os.close(fd)
    with select.epoll():
        pass
    if sys.version_info >= (3, 13):
        os.close(os.timerfd_create(1))
    return select.epoll(), os.eventfd(0)


@way
def terminals():
    for fd in os.openpty():
        os.close(fd)


@way
def signals():
    reading, writing = socket.socketpair()
    with reading, writing:
        writing.setblocking(False)
        signal.set_wakeup_fd(writing.fileno())
        signal.signal(signal.SIGUSR1, lambda *_: os.close(os.open("/dev/null", os.O_RDONLY)))
        signal.raise_signal(signal.SIGUSR1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)


@way
def out_of_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    held = []
    failures = []
    while not failures:
        try:
            held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError as error:
            failures.append(error.errno)
    for call in (os.pipe, socket.socketpair, socket.socket, select.epoll, lambda: os.dup(0), lambda: os.listdir(".")):
        try:
            call()
        except OSError as error:
            failures.append(error.errno)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for fd in held:
        os.close(fd)
    assert failures == [errno.EMFILE] * 7
