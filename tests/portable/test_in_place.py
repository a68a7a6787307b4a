"""The portable collector in the service itself; what it shares with the native one is in tests/triggers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyhandles.format import ObjectFlag
from tests.endtoend.service import Outcome, service

NO_PROCESS_AND_NO_THREAD = """
import os, resource, sys
import pyhandles
pyhandles.install("{trigger}.pkl", on=("errno:EBADF", "errno:EMFILE"), cooldown=0)
os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
"""


def run(folder: Path, source: str) -> Outcome:
    return service(folder, source, PYHANDLES_COLLECTOR="portable")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_where_no_thread_can_be_made_the_calling_one_captures_and_closes_nothing(place):
    outcome = run(
        place,
        NO_PROCESS_AND_NO_THREAD
        + """
before = os.listdir("/proc/self/fd")
try:
    os.close(7777) if sys.version_info >= (3, 12) else os.dup(7777)
except OSError as error:
    print("goes on", error.errno, os.listdir("/proc/self/fd") == before)
""",
    )

    assert outcome.out == "goes on 9 True\n"
    assert outcome.plain().header["capture"]["mode"] == "in place"
    assert ", while the process stood still; look with: " in outcome.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_the_calling_thread_says_in_one_line_that_it_needs_a_descriptor(place):
    outcome = run(
        place,
        NO_PROCESS_AND_NO_THREAD
        + """
resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
held = []
try:
    while True:
        held.append(os.dup(0))
except OSError as error:
    print("goes on", error.errno)
""",
    )

    assert outcome.out == "goes on 24\n"
    assert outcome.err == (
        f"pyhandles: could not make the output file {place}/errno-EMFILE.pkl: Too many open files; no snapshot\n"
    )


def test_among_threads_that_compute_it_comes_to_its_end_and_everything_is_put_back(place):
    outcome = service(
        place,
        """
        import gc, sys, threading
        import pyhandles
        from pyhandles.dump.portable import collector

        switched, seen, stop = [0], [], False

        def count():
            while not stop:
                switched[0] += 1

        def within(*arguments, **options):
            report = capture(*arguments, **options)
            seen.append(gc.isenabled())
            return report

        capture, collector.capture_snapshot = collector.capture_snapshot, within
        sys.setswitchinterval(0.006)
        threads = [threading.Thread(target=count, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        pyhandles.install("snapshot.pkl", on=(), fork=False)
        pyhandles.capture()
        stop = True
        print(*seen, sys.getswitchinterval(), gc.isenabled())
        """,
        PYHANDLES_COLLECTOR="portable",
    )

    assert outcome.out == "False 0.006 True\n", outcome.err
    assert len(outcome.snapshots) == 1


def test_what_was_frozen_is_still_frozen_and_said_to_be(place):
    outcome = service(
        place,
        """
        import gc
        import pyhandles
        kept = [[]]
        gc.freeze()
        count = gc.get_freeze_count()
        pyhandles.install("snapshot.pkl", on=(), fork=False)
        pyhandles.capture()
        # Some of them die meanwhile.
        print(gc.get_freeze_count() > 0.9 * count, id(kept))
        """,
        PYHANDLES_COLLECTOR="portable",
    )

    same, address = outcome.out.split()
    assert same == "True"
    flags = outcome.plain().fact(int(address), "flags")
    assert flags & ObjectFlag.FROZEN
    assert not flags & ObjectFlag.COLLECTING


def test_the_collector_still_comes_to_an_end(place):
    """The _asyncio module of 3.12 tells of free objects; a reference to one, given back, would free it once more."""
    outcome = run(
        place,
        """
import asyncio, gc
import pyhandles

async def main():
    loop = asyncio.get_running_loop()
    iterators = [loop.create_future().__await__() for _ in range(5)]

asyncio.run(main())
pyhandles.install("x.pkl", on=(), fork=False)
pyhandles.capture()
pyhandles.capture()
gc.collect()
print("collected")
""",
    )

    assert outcome.out == "collected\n"
