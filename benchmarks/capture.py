"""How long a capture takes, and how much memory its child needs.

    python benchmarks/capture.py

From the trigger to the complete file in a process of a million tracked objects and 2.8 million references: within
1.5 s, and less than 48 bytes of private memory an object. Measured again while the service writes 100 MB: a page that
the service writes to is the child's alone from then on, and counts as the child's.
The baseline is a collection of the same heap, which visits the same objects.
"""

from __future__ import annotations

import gc
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import heap
import measure
import pyhandles

WRITTEN_BYTES = 100_000_000


class Memory(measure.Watch):
    """Samples the private memory of this process's children; ``peak_bytes`` is the most it saw."""

    def __init__(self) -> None:
        super().__init__(0.01)
        self.peak_bytes = 0

    def look(self) -> None:
        for child in children():
            self.peak_bytes = max(self.peak_bytes, private_bytes(child))


def children() -> list[int]:
    """Children of any thread of this process, of whatever kind."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def private_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return 1024 * sum(int(kilobytes) for kilobytes in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE))


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    service = heap.build()
    buffer = bytearray(os.urandom(1_000_000) * (WRITTEN_BYTES // 1_000_000))
    with tempfile.TemporaryDirectory() as directory, pyhandles.install(on=("emfile",)):
        path = Path(directory, "capture.pkl")

        def capture() -> None:
            path.unlink(missing_ok=True)
            pyhandles.capture(str(path))

        def capture_while_writing() -> None:
            writer = threading.Timer(0.02, write)
            writer.start()
            capture()
            writer.join()

        def write() -> None:
            for start in range(0, len(buffer), 1_000_000):
                buffer[start : start + 1_000_000] = bytes(1_000_000)

        collection, quiet = measure.medians(lambda: seconds(gc.collect), lambda: seconds(capture))
        snapshot = pyhandles.load(path)
        memory = measure.median(lambda: peak_while(capture))
        memory_while_writing = measure.median(lambda: peak_while(capture_while_writing))
        busy = measure.median(lambda: seconds(capture_while_writing))
        size = path.stat().st_size
    objects = snapshot.n_objects
    print(f"{objects:,} objects, {snapshot.n_references:,} references, a file of {size / 1e6:.0f} MB")
    measure.tell(
        "trigger to complete file", quiet, "s", baseline=collection, of="gc.collect()", limit="(at most 1.5 s)"
    )
    measure.tell(
        f"the same while {WRITTEN_BYTES // 1_000_000} MB are written", busy, "s", baseline=quiet, of="undisturbed"
    )
    measure.tell("private memory of the child, for each object", memory / objects, "B", limit="(less than 48)")
    measure.tell("the same while 100 MB are written", memory_while_writing / objects, "B")
    del service


def peak_while(action: Callable[[], object]) -> float:
    with Memory() as watch:
        action()
    return watch.peak_bytes


if __name__ == "__main__":
    main()
