"""What `pyhandles.install()` adds to the memory of a service that then idles: less than 2 MB.

    python benchmarks/idle.py

Each measurement is a process of its own that has imported what services import.
"""

from __future__ import annotations

import measure

SERVICE = """
import asyncio, concurrent.futures, http.server, json, logging, sqlite3, ssl, threading, urllib.request
import gc, os, resource

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()

gc.collect()
before = resident()
import pyhandles
pyhandles.install(on=("emfile",))
gc.collect()
print(before, resident())
"""


def main() -> None:
    grown, before = [], []
    for _ in range(measure.REPEATS):
        first, second = (int(word) for word in measure.run("-c", SERVICE).output.split())
        before.append(first / 1e6)
        grown.append((second - first) / 1e6)
    growth, resident = sorted(grown)[len(grown) // 2], sorted(before)[len(before) // 2]
    measure.tell(
        "resident memory added by install()", growth, "MB", baseline=resident, of="before", limit="(less than 2)"
    )


if __name__ == "__main__":
    main()
