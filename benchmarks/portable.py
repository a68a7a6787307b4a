"""What the collector in Python takes, beside the native one.

    python benchmarks/portable.py [OBJECTS]

From the call to the complete file, in a process of a million tracked objects: within 15 s. A child that captures gives
way to everybody else, so its processor time is told, too. Meanwhile the longest time for which another thread did not
run; and the pause of a thread that triggers a capture, which for the portable collector lasts until its child is born.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import heap
import measure
from pyhandles.dump import _native
from pyhandles.dump.collectors import Collector
from pyhandles.dump.portable import collector as portable


class Pulse(measure.Watch):
    """A thread that wants to run every millisecond; ``longest_s`` is the longest time for which it did not."""

    def __init__(self) -> None:
        super().__init__(0.001)
        self.longest_s = 0.0
        self._last = time.perf_counter()

    def look(self) -> None:
        now = time.perf_counter()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one capture."""

    seconds: float
    processor_s: float
    standstill_s: float
    pause_s: float


def cost(collector: Collector, path: Path) -> Cost:
    """Of a capture that a thread triggers: the pause is its own, and the rest lasts until the file is complete."""
    path.unlink(missing_ok=True)
    collector.arm(0.0, 1_000_000)
    before, start = processor_time_of_children(), time.perf_counter()
    with Pulse() as pulse:
        collector.fire("benchmark")
        pause_s = time.perf_counter() - start
        assert collector.wait(120.0)
        seconds = time.perf_counter() - start
    assert path.exists()
    return Cost(seconds, processor_time_of_children() - before, pulse.longest_s, pause_s)


def processor_time_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    tracked = int(sys.argv[1]) if len(sys.argv) > 1 else heap.TRACKED
    service = heap.build(tracked)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "capture.pkl")
        for each in (_native, portable):
            each.configure(str(path), "", "", directory, "names", False, True, False)  # noqa: FBT003 - as C takes them
        # In turns, so that what disturbs one disturbs the other, too.
        rounds = [(cost(_native, path), cost(portable, path)) for _ in range(measure.REPEATS)]
    native, ours = zip(*rounds, strict=True)

    def tell(what: str, of: Callable[[Cost], float], limit: str = "") -> None:
        baseline, value = (statistics.median(map(of, costs)) for costs in (native, ours))
        measure.tell(what, value, "s", baseline=baseline, of="native", limit=limit)

    print(f"{tracked:,} objects; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    tell("capture", lambda cost: cost.seconds, "(at most 15 s for a million objects)")
    tell("processor time of the child", lambda cost: cost.processor_s)
    tell("longest standstill of another thread", lambda cost: cost.standstill_s)
    tell("pause of the thread that triggers", lambda cost: cost.pause_s)
    del service


if __name__ == "__main__":
    main()
