"""What the benchmarks have in common: medians of five, and how a figure is told."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

REPEATS = 5


def median(measure: Callable[[], float]) -> float:
    """The median of five measurements."""
    return statistics.median(measure() for _ in range(REPEATS))


def medians(*measures: Callable[[], float]) -> list[float]:
    """The median of five of each, taken in turns, so that what disturbs one disturbs all."""
    rounds = [[measure() for measure in measures] for _ in range(REPEATS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def tell(what: str, value: float, unit: str, *, baseline: float | None = None, of: str = "", limit: str = "") -> None:
    """Print one figure, beside its ratio to a baseline and the limit that it should keep to."""
    ratio = f"   {value / baseline:5.2f} times {of} ({baseline:.4g} {unit})" if baseline else ""
    print(f"{what:<58} {value:>9.4g} {unit}{ratio}{'   ' + limit if limit else ''}")


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took, from its start to its end."""

    seconds: float
    peak_rss_bytes: int
    output: bytes


def run(*command: str) -> Run:
    """Run a command of this Python in a process of its own. Raises CalledProcessError where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(seconds, usage.ru_maxrss * 1024, output)
