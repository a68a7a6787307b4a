"""What recording costs where descriptors are made, closed and used: a ratio, beside that of strace.

    python benchmarks/recorder.py [DEPTH]

In one process, which records and does not in turns; by the processor time of its thread, so that what else the machine
does counts less. Under strace by the clock, as the tracer's time is another process's.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import measure

DEEP, BARE = 16, 3
"""Python frames beneath a loop: as in a service, and as few as there can be here."""
BLOCK = bytes(1 << 16)
DEPTH = 16

Loop = Callable[[int], None]


def open_and_close(times: int) -> None:
    for _ in range(times):
        open("/dev/null").close()


def bare_open_and_close(times: int) -> None:
    for _ in range(times):
        os.close(os.open("/dev/null", os.O_RDONLY))


def socket_and_close(times: int) -> None:
    for _ in range(times):
        socket.socket().close()


def read_and_write_a_file(times: int) -> None:
    with tempfile.TemporaryFile() as file:
        fd = file.fileno()
        for _ in range(times):
            os.pwrite(fd, BLOCK, 0)
            os.pread(fd, len(BLOCK), 0)


def read_and_write_a_socket(times: int) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * len(BLOCK))
        for _ in range(times):
            one.send(BLOCK)
            other.recv(len(BLOCK))


LOOPS: dict[str, tuple[Loop, int, int, str]] = {
    "open().close(), 16 frames": (open_and_close, 10_000, DEEP, "(at most 1.10)"),
    "os.open, os.close, bare": (bare_open_and_close, 20_000, BARE, "(at most 1.30)"),
    "socket, close, bare": (socket_and_close, 10_000, BARE, "(at most 1.30)"),
    "os.open, os.close, 16 frames": (bare_open_and_close, 20_000, DEEP, ""),
    "socket, close, 16 frames": (socket_and_close, 10_000, DEEP, ""),
    "64 KB written to and read from a file": (read_and_write_a_file, 5_000, DEEP, "(at most 1.02)"),
    "64 KB through a pair of sockets": (read_and_write_a_socket, 3_000, DEEP, "(at most 1.02)"),
}
"""Name to function, how often in one measurement, frames, and the ratio that it should keep to."""


def at_depth(frames: int, call: Callable[[], Any]) -> Any:
    """Call with so many Python frames beneath."""
    return call() if frames <= 1 else at_depth(frames - 1, call)


def once(loop: Loop, times: int, frames: int, clock: Callable[[], float]) -> float:
    """Microseconds that one turn takes."""

    def measured() -> float:
        start = clock()
        loop(times)
        return clock() - start

    return float(at_depth(frames - 2, measured)) / times * 1e6


def recorded_once(loop: Loop, times: int, frames: int) -> float:
    import pyhandles  # noqa: PLC0415 - not where strace is measured

    with pyhandles.install(on=(), record=DEPTH):
        once(loop, times // 10, frames, time.thread_time)
        return once(loop, times, frames, time.thread_time)


def in_turns(name: str) -> tuple[float, float]:
    loop, times, frames, _ = LOOPS[name]
    once(loop, times // 10, frames, time.thread_time)
    # So short are the turns that the machine's moods pass over both.
    pairs = [
        (once(loop, times, frames, time.thread_time), recorded_once(loop, times, frames))
        for _ in range(3 * measure.REPEATS)
    ]
    without = statistics.median(pair[0] for pair in pairs)
    return without, without * statistics.median(recorded / bare for bare, recorded in pairs)


def by_the_clock(*command: str) -> dict[str, float]:
    """Run this file's loops in a process of their own."""
    runs = [
        json.loads(measure.run_command(*command, sys.executable, __file__, "loops").output)
        for _ in range(measure.REPEATS)
    ]
    return {name: statistics.median(run[name] for run in runs) for name in LOOPS}


def run_loops() -> None:
    """In this process, as it is."""
    for loop, times, frames, _ in LOOPS.values():
        once(loop, times // 100, frames, time.perf_counter)
    told = {
        name: once(loop, times // 10, frames, time.perf_counter) for name, (loop, times, frames, _) in LOOPS.items()
    }
    print(json.dumps(told))


def main() -> None:
    for name in LOOPS:
        without, recorded = in_turns(name)
        measure.tell(name, recorded, "us", baseline=without, of="without", limit=LOOPS[name][3])
    if shutil.which("strace") is None:
        print("strace is not on this machine: apt install strace")
        return
    bare, traced = by_the_clock(), by_the_clock("strace", "-f", "-e", "trace=desc", "-o", os.devnull)
    for name in LOOPS:
        measure.tell(f"{name}, under strace", traced[name], "us", baseline=bare[name], of="without")


if __name__ == "__main__":
    if sys.argv[1:] == ["loops"]:
        run_loops()
    else:
        DEPTH = int(sys.argv[1]) if sys.argv[1:] else DEPTH
        main()
