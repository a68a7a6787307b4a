"""Opens and closes in every way while it is recorded, and writes down what is open after each.

    python -m tests.recorder.every_way SNAPSHOT LISTING

A call that fails, on a name under MARKS, stands between one way and the next: for whoever reads the recording, or what
a tracer saw. LISTING is JSON: name of a way to the numbers that are open after it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys

import pyhandles
from tests.open_numbers import is_open
from tests.recorder.ways import WAYS

MARKS = "/pyhandles-mark/"

KEPT: list[object] = []


def mark(name: str) -> None:
    with contextlib.suppress(OSError):
        os.open(MARKS + name, os.O_RDONLY)


def open_numbers() -> list[int]:
    """What is open, without what lists it."""
    return [number for number in sorted(map(int, os.listdir("/proc/self/fd"))) if is_open(number)]


def main() -> None:
    snapshot, listing = sys.argv[1:]
    pyhandles.install(on=(), record=True)
    listed = {"begin": open_numbers()}
    mark("begin")
    for module in ("files", "sockets", "processes", "libraries", "limits"):
        importlib.import_module(f"tests.recorder.ways.{module}")
        mark(f"import-{module}")
    done: set[str] = set()
    while remaining := WAYS.keys() - done:
        for name in [name for name in WAYS if name in remaining]:
            KEPT.append(WAYS[name]())
            listed[name] = open_numbers()
            mark(name)
            done.add(name)
    mark("end")
    pyhandles.capture(snapshot)
    with open(listing, "w") as written:
        json.dump(listed, written)


if __name__ == "__main__":
    main()
