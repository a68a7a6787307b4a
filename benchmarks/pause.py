"""How long a capture stops a service: against a bare fork of the same process.

    python benchmarks/pause.py

A thread ticks every millisecond in a process of a million objects and 250 MB. The largest gap between two of its
ticks during a capture should be no more than three times the largest gap during `os.fork()`, `_exit`, `waitpid`.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import heap
import measure
import pyhandles


def largest_gap_during(action: Callable[[], object]) -> float:
    """Milliseconds between the two ticks that lie furthest apart, from just before the action to just after it."""
    ticks: list[float] = []
    stopped = threading.Event()

    def tick() -> None:
        while not stopped.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    ticker.start()
    time.sleep(0.05)
    action()
    time.sleep(0.02)
    stopped.set()
    ticker.join()
    return 1000 * max(later - earlier for earlier, later in itertools.pairwise(ticks))


def bare_fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: "this process is multi-threaded"
    service = heap.build()
    print(f"{heap.resident() / 1e6:.0f} MB resident, {heap.TRACKED:,} tracked objects")
    with tempfile.TemporaryDirectory() as directory, pyhandles.install(on=("emfile",)):
        path = Path(directory, "pause.pkl")

        def capture() -> None:
            path.unlink(missing_ok=True)
            pyhandles.capture(str(path))

        fork, pause, nothing = measure.medians(
            lambda: largest_gap_during(bare_fork),
            lambda: largest_gap_during(capture),
            lambda: largest_gap_during(lambda: time.sleep(0.2)),
        )
    measure.tell("largest gap while nothing happens", nothing, "ms")
    measure.tell("largest gap during a capture", pause, "ms", baseline=fork, of="a bare fork", limit="(at most 3)")
    del service


if __name__ == "__main__":
    main()
