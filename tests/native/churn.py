"""Threads begin, wait and end, sockets are opened and closed, locks are held, while the program captures itself.

    python -m tests.native.churn SECONDS

Prints JSON: ``captures``, how many were made; ``ended``, how many threads have come and gone; ``wrong``, what was not
as it would have been without captures, or not told as it was.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Self

import pyhandles
from pyhandles.format import WaitState
from pyhandles.snapshot import Snapshot

PATIENCE = 20.0
WRONG: set[str] = set()

LOCKSMITH = """
import fcntl, sys
for line in sys.stdin:
    for name, lock in ((sys.argv[1], fcntl.lockf), (sys.argv[2], fcntl.flock)):
        with open(name, "r+") as file:
            try:
                lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                print("a lock was let go:", lock.__name__, flush=True)
            except BlockingIOError:
                print("", flush=True)
"""


def a_peer_learns_of_a_close() -> None:
    one, other = socket.socketpair()
    other.settimeout(PATIENCE)
    one.close()
    try:
        if other.recv(1) != b"":
            WRONG.add("a closed socket sent something")
    except TimeoutError:
        WRONG.add("a closed socket stayed open")
    other.close()


def a_socket_wakes_whoever_polls() -> None:
    one, other = socket.socketpair()
    poll = select.poll()
    poll.register(one, select.POLLIN)
    timer = threading.Timer(random.uniform(0, 0.003), other.close)
    timer.start()
    if not poll.poll(1000 * PATIENCE):
        WRONG.add("poll did not hear of a close")
    timer.join()
    one.close()


def a_select_runs_out_of_time() -> None:
    ends = socket.socketpair()
    if select.select([ends[0]], [], [ends[1]], random.uniform(0, 0.002)) != ([], [], []):
        WRONG.add("select heard of what was not")
    for end in ends:
        end.close()


def numbers_stay_whose_they_are() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x")
    if os.read(reading, 1) != b"x":
        WRONG.add("a pipe brought something else")
    os.close(reading)
    os.close(writing)


DEEDS: list[Callable[[], None]] = [
    a_peer_learns_of_a_close,
    a_socket_wakes_whoever_polls,
    a_select_runs_out_of_time,
    numbers_stay_whose_they_are,
    lambda: time.sleep(random.uniform(0, 0.002)),
]


class Churn:
    """Four threads, each of which begins others and waits for their end."""

    def __init__(self) -> None:
        self.ended = 0
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(4)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            few = [threading.Thread(target=self._do, args=(random.choice(DEEDS),)) for _ in range(3)]
            for thread in few:
                thread.start()
            for thread in few:
                thread.join()
            self.ended += len(few)

    def _do(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except OSError as error:
            WRONG.add(f"{getattr(deed, '__name__', 'sleep')}: {error}")


def check(path: str) -> None:
    snapshot = Snapshot.open(path)
    waits = {wait.native: wait for wait in snapshot.waits}
    if len(waits) != len(snapshot.waits):
        WRONG.add("a thread is told twice")
    if "time" not in (snapshot.header.kernel["waits"] or "time"):  # what a busy machine has too little of
        WRONG.add(str(snapshot.header.kernel["waits"]))
    for watch in snapshot.watches:
        if watch.set == -1 and waits[watch.native].call not in {"poll", "ppoll", "select", "pselect6"}:
            WRONG.add(f"{waits[watch.native].call} watches numbers")
    for wait in waits.values():
        if (wait.state == WaitState.CALL) != (wait.call is not None) or not -1 <= wait.asleep < 3600 * 10**9:
            WRONG.add(f"{wait}")


def numbers() -> int:
    return len(os.listdir("/proc/self/fd"))


def main(seconds: float) -> None:
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    held = [open(name, "w") for name in ("posix", "own")]  # noqa: SIM115 - until the end
    fcntl.lockf(held[0], fcntl.LOCK_EX)
    fcntl.flock(held[1], fcntl.LOCK_EX)
    command = [sys.executable, "-c", LOCKSMITH, "posix", "own"]
    locksmith = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert locksmith.stdin is not None
    assert locksmith.stdout is not None
    before, threads, captures = numbers(), threading.active_count(), 0
    until = time.monotonic() + seconds
    with Churn() as churn:
        while time.monotonic() < until or captures < 2:
            with pyhandles.install(on=(), fork=captures % 2 == 0, quiet=True):
                path = pyhandles.capture("churn.pkl")
            captures += 1
            check(path)
            os.unlink(path)
            locksmith.stdin.write("\n")
            locksmith.stdin.flush()
            WRONG.update(filter(None, (locksmith.stdout.readline().strip() for _ in range(2))))
    if (numbers(), threading.active_count()) != (before, threads):
        WRONG.add("something is left open or running")
    locksmith.communicate()
    print(json.dumps({"captures": captures, "ended": churn.ended, "wrong": sorted(WRONG)}))


if __name__ == "__main__":
    main(float(sys.argv[1]))
