"""What the benchmarks have in common: medians of five, and how a figure is told."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

REPEATS = 5


def median(measure: Callable[[], float]) -> float:
    """The median of five measurements."""
    return statistics.median(measure() for _ in range(REPEATS))


def medians(*measures: Callable[[], float]) -> list[float]:
    """The median of five of each, taken in turns, so that what disturbs one disturbs all."""
    rounds = [[measure() for measure in measures] for _ in range(REPEATS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


def tell(what: str, value: float, unit: str, *, baseline: float | None = None, of: str = "", limit: str = "") -> None:
    """Print one figure, beside its ratio to a baseline and the limit that it should keep to."""
    ratio = f"   {value / baseline:5.2f} times {of} ({baseline:.4g} {unit})" if baseline else ""
    print(f"{what:<58} {value:>9.4g} {unit}{ratio}{'   ' + limit if limit else ''}")


class Watch:
    """A thread that looks every so many seconds while this is open."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look_now_and_then)

    def look(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _look_now_and_then(self) -> None:
        while not self._stopped.wait(self._period_s):
            self.look()


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took, from its start to its end."""

    seconds: float
    peak_rss_bytes: int
    output: bytes


def run(*command: str) -> Run:
    """Run a command of this Python in a process of its own. Raises CalledProcessError where it fails."""
    return run_command(sys.executable, *command)


def run_command(*command: str) -> Run:
    """Run any command. Raises CalledProcessError where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(seconds, usage.ru_maxrss * 1024, output)
