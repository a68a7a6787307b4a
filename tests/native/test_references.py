"""References and memory that are taken of the interpreter are given back. Only a debug build counts references."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.native.complaints import complaints

SCRIPT = """
import gc, os, sys
import pyhandles
from pyhandles.dump.collectors import collector
from pyhandles.errors import PyhandlesError
native = collector()
total = getattr(sys, "gettotalrefcount", lambda: 0)

def capture_by_a_child():
    os.unlink(pyhandles.capture("snapshot.pkl"))

def capture_in_place():
    native.configure("unused", "/", sys.executable, os.getcwd(), "names", False, True, True)
    path, _ = native.capture("snapshot.pkl", "request")
    os.unlink(path)

def capture_in_vain():
    try:
        pyhandles.capture("/nowhere/snapshot.pkl")
    except PyhandlesError:
        return
    raise SystemExit("it was not refused")

def install():
    pyhandles.install("unused-{trigger}.pkl", on=("emfile", "threshold:80%"))
    pyhandles.uninstall()

def record():
    with pyhandles.install("unused-{trigger}.pkl", on=(), record=True, fork=False, quiet=True):
        fd = os.open("some", os.O_CREAT)
        os.unlink(pyhandles.capture("snapshot.pkl"))
        os.close(fd)

def fail():
    try:
        os.read(999, 1)
    except OSError:
        pass
    native.wait(60)
    for name in os.listdir("."):
        os.unlink(name)

if ACTION is fail:
    pyhandles.install(on=("errno:EBADF",), cooldown=0, maximum=1000, quiet=True)

def mapped():
    "What the extension allocates is mapped: jobs, which a child shares, and vectors, of 64 KiB at least."
    with open("/proc/self/maps") as lines:
        maps = [line.split()[:2] for line in lines]
    ends = [[int(end, 16) for end in addresses.split("-")] for addresses, _ in maps]
    return sum("s" in access for _, access in maps), sum(end - start for start, end in ends) >> 16

def measured():
    gc.collect()
    return total(), sys.getallocatedblocks(), *mapped()

# What is kept once is kept by then.
for _ in range(5):
    ACTION()
before = measured()
for _ in range(25):
    ACTION()
after = measured()
# The numbers waver by a few; a leak would be one a time at least.
kinds = "references", "blocks of memory", "shared mappings", "units of 64 KiB mapped"
for what, old, new in zip(kinds, before, after):
    if new - old >= 20:
        print(f"{new - old} {what} more after 25 times")
"""


@pytest.mark.parametrize(
    "action", ["capture_by_a_child", "capture_in_place", "capture_in_vain", "install", "record", "fail"]
)
def test_references_and_memory_are_given_back(tmp_path: Path, action: str) -> None:
    command = [sys.executable, "-c", SCRIPT.replace("ACTION", action)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    finished = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100, check=False
    )

    assert (finished.returncode, finished.stdout, complaints(finished.stderr)) == (0, "", "")
