"""Everything at once while it is recorded, and then whether the recorder has counted what was done.

    python -m tests.recorder.stress SECONDS [THREADS]

Threads open and close and count what they do, while others capture, fork, load and unload a library that does the same
in threads of its own and in a signal's handler, and run other interpreters; and threads that nobody counts go on while
the recorder is taken out and put in again. Prints JSON: how often that was, what was done, and what was told otherwise.
"""

from __future__ import annotations

import _ctypes
import ctypes
import faulthandler
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from errno import EBADF
from pathlib import Path

import pyhandles
from pyhandles.dump import _native  # type: ignore[attr-defined]
from tests.native.plain import Plain

ROUND_S = 2.0
DEEDS_OF_A_CHILD = 50
FAR = 60_000
"""Never open."""
ONE_NAME = {"open64": "open", "pipe2": "pipe", "fcntl": "dup", "fcntl64": "dup"}
"""A C library has two names for these, and a Python calls one or the other."""


# What is counted: each function says what it has done


def deed_of_files() -> tuple[str, ...]:
    os.close(os.open("/dev/null", os.O_RDONLY))
    return "open", "close"


def deed_of_copies() -> tuple[str, ...]:
    os.close(os.dup(0))
    return "dup", "close"


def deed_of_pipes() -> tuple[str, ...]:
    for fd in os.pipe():
        os.close(fd)
    return "pipe", "close", "close"


def deed_of_sockets() -> tuple[str, ...]:
    for end in socket.socketpair():
        os.close(end.detach())
    return "socketpair", "close", "close"


def deed_that_fails() -> tuple[str, ...]:
    try:
        os.close(FAR)
    except OSError:
        return "close", "close fails"
    raise AssertionError


DEEDS = (deed_of_files, deed_of_copies, deed_of_pipes, deed_of_sockets, deed_that_fails)


def deed_of_library(path: str) -> tuple[str, ...]:
    library = ctypes.CDLL(path)
    times = library.open_and_close(20) + library.open_and_close_in_threads(10)
    _ctypes.dlclose(library._handle)
    return ("open", "close") * times


def counted(*, in_children: bool) -> Counter[str]:
    """What the recorder has counted of all these; and of ``dup2``, which is the signal's handler's alone."""
    sums: Counter[str] = Counter()
    for call, site, of_child, count, _, _, errors in _native.counters():
        if of_child == in_children and (call == "dup2" or " in deed_" in str(site) or "stress.so" in str(site)):
            sums[ONE_NAME.get(call, call)] += count
            if EBADF in errors:
                sums[f"{call} fails"] += errors[EBADF]
    return sums


# What goes on at the same time


class Round:
    """One installation of the recorder, from its beginning to its end."""

    def __init__(self, library: str, threads: int) -> None:
        self.done: Counter[str] = Counter()
        self.done_by_children: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self._library = library
        self._lock = threading.Lock()
        self._no_interpreter = threading.Lock()
        """A child that is forked while there is another one crashes: CPython's own mistake."""
        self._over = threading.Event()
        works: list[Callable[[], None]] = [self._capture, self._fork, self._use_library, self._run_interpreters]
        works += [self._open_and_close] * threads
        self._threads = [threading.Thread(target=self._repeat, args=(work,)) for work in works]

    def run(self, seconds: float) -> dict[str, object]:
        """Returns: what was told otherwise than it was done."""
        handler = ctypes.CDLL(self._library)
        with pyhandles.install(on=(), record=True):
            handler.begin_interruptions()
            for thread in self._threads:
                thread.start()
            time.sleep(seconds)
            self._over.set()
            for thread in self._threads:
                thread.join()
            self.done["dup2"] = handler.end_interruptions()
            told, told_of_children = counted(in_children=False), counted(in_children=True)
        handler.forget_interruptions()
        differences = {"here": _difference(self.done, told)}
        differences["in children"] = _difference(self.done_by_children, told_of_children)
        return {where: difference for where, difference in differences.items() if difference}

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._over.is_set():
            work()

    def _open_and_close(self) -> None:
        done: Counter[str] = Counter()
        for _ in range(20):
            for deed in DEEDS:
                done.update(deed())
        with self._lock:
            self.done.update(done)

    def _use_library(self) -> None:
        done = deed_of_library(self._library)
        with self._lock:
            self.done.update(done)
        self.events["library loaded"] += 1

    def _fork(self) -> None:
        with self._no_interpreter:
            child = os.fork()
            if child == 0:
                for turn in range(DEEDS_OF_A_CHILD):
                    DEEDS[turn % len(DEEDS)]()
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status == 0, status
        for deed in DEEDS:
            self.done_by_children.update(WHAT[deed] * (DEEDS_OF_A_CHILD // len(DEEDS)))
        self.events["forks"] += 1

    def _capture(self) -> None:
        os.unlink(pyhandles.capture("stress.pkl"))
        self.events["captures"] += 1

    def _run_interpreters(self) -> None:
        with self._no_interpreter:
            run_in_another_interpreter("import os; os.close(os.open('/dev/null', os.O_RDONLY))")
        self.events["interpreters"] += 1


WHAT = {deed: deed() for deed in DEEDS}


def _difference(done: Counter[str], told: Counter[str]) -> dict[str, tuple[int, int]]:
    return {call: (done[call], told[call]) for call in done | told if done[call] != told[call]}


def run_in_another_interpreter(code: str) -> None:
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters
    else:
        import _xxsubinterpreters as interpreters
    made = interpreters.create()
    interpreters.run_string(made, code)
    interpreters.destroy(made)


def build(folder: str) -> str:
    source = Path(__file__).parent / "late" / "stress.c"
    target = os.path.join(folder, "stress.so")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", source, "-o", target, "-pthread"], check=True, timeout=60)
    return target


def go_on(over: threading.Event) -> None:
    while not over.is_set():
        os.close(os.open("/dev/zero", os.O_RDONLY))
        for end in socket.socketpair():
            end.close()


def what_is_lost(path: str) -> list[str]:
    """In a snapshot that was made while nobody opened or closed anything."""
    snapshot = Plain(path)
    sequences = sorted(snapshot.column("events", "sequence"))
    last = snapshot.header["recorder"]["events"]
    [first] = sequences[:1] or [1]
    missing = set(range(max(first, last - 10_000), last + 1)) - set(sequences)
    return [f"of the last events up to {last}: {len(missing)}, {sorted(missing)[:9]}"] if missing else []


def main() -> None:
    seconds, threads = float(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 64
    faulthandler.dump_traceback_later(seconds + 200, exit=True)
    warnings.simplefilter("ignore", DeprecationWarning)  # of a fork with threads
    end = time.monotonic() + seconds
    over = threading.Event()
    wrong: list[object] = []
    sums: dict[str, Counter[str]] = {"done": Counter(), "done by children": Counter(), "events": Counter()}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        library = build(folder)
        uncounted = [threading.Thread(target=go_on, args=(over,)) for _ in range(threads // 2)]
        for thread in uncounted:
            thread.start()
        while True:
            one = Round(library, threads - threads // 2)
            difference = one.run(min(ROUND_S, seconds))
            wrong += [difference] if difference else []
            sums["done"] += one.done
            sums["done by children"] += one.done_by_children
            sums["events"] += one.events + Counter(["rounds"])
            if time.monotonic() > end:
                break
        pyhandles.install(on=(), record=True)
        over.set()
        for thread in uncounted:
            thread.join()
        wrong += what_is_lost(pyhandles.capture("end.pkl"))
        os.chdir("/")
    print(json.dumps({"wrong": wrong} | sums))


if __name__ == "__main__":
    main()
