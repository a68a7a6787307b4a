"""Runs the standard library's own tests while they are recorded, and prints the misuse that is told of: none, or known.

    python tools/standard_suites.py [SUITE…]

A suite is a module of the package `test`, which some distributions leave out. A test that fails is run again without
the recorder, and counts where it does not fail there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pyhandles.findings.recorded import stack_texts
from pyhandles.format import MisuseKind
from pyhandles.snapshot import Snapshot

SUITES = (
    "test_asyncio.test_base_events",
    "test_asyncio.test_events",
    "test_asyncio.test_selector_events",
    "test_asyncio.test_server",
    "test_asyncio.test_streams",
    "test_asyncio.test_subprocess",
    "test_asyncio.test_unix_events",
    "test_fileio",
    "test_io",
    "test_mmap",
    "test_os",
    "test_pty",
    "test_selectors",
    "test_shutil",
    "test_socket",
    "test_socketserver",
    "test_sqlite3",
    "test_ssl",
    "test_subprocess",
    "test_tempfile",
    "test_threading",
    "test_multiprocessing_fork",
    "test_multiprocessing_spawn",
    "test_concurrent_futures",
)
LONGEST_S = 900

RUN = """
import sys, unittest
snapshot, recorded, *names = sys.argv[1:]
sys.argv[1:] = []
if recorded == "recorded":
    import pyhandles
    pyhandles.install(on=(), record=True, quiet=True)
program = unittest.main(None, argv=["test", *names], exit=False, verbosity=0)
for failed, _ in program.result.failures + program.result.errors:
    print("FAILED", failed.id(), flush=True)
print("RAN", program.result.testsRun, flush=True)
if recorded == "recorded":
    pyhandles.capture(snapshot)
    pyhandles.uninstall()
"""

INNERMOST = 6
"""So many frames of a stack are shown."""

KNOWN: dict[str, str] = {
    r"in AutoFileTests\.ClosedFDRaises": "the test closes the number of an open file, and looks for the error",
    r"in ProcessTestCase\._test_bufsize_equal_one": "the test closes the number of an open pipe, on purpose",
    r"in FileTests\.test_closerange": "the test writes to what it has closed, and looks for the error",
    r"in SimpleBackgroundTests\.test_makefile_close": "the test reads what it has closed, and looks for the error",
    r"in GeneralModuleTests\.testCloseException": "the test closes the number of an open socket itself",
}
"""Where a test misuses descriptors on purpose, or by its own mistake: a pattern of what is told, and why it is so."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended."""

    status: int
    ran: int
    failed: list[str]
    misuses: list[str]
    errors: str


def run(names: list[str], *, recorded: bool) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "snapshot.pkl")
        words = [sys.executable, "-c", RUN, str(path), "recorded" if recorded else "bare", *names]
        done = subprocess.run(
            words,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LONGEST_S,
            check=False,
        )
        failed = re.findall(r"^FAILED (?:unittest\.loader\._FailedTest\.)?(\S+)", done.stdout, re.MULTILINE)
        ran = sum(map(int, re.findall(r"^RAN (\d+)", done.stdout, re.MULTILINE)))
        misuses = told(path) if path.exists() else []
        return Outcome(done.returncode, ran, failed, misuses, done.stderr)


def told(path: Path) -> list[str]:
    """Each misuse in a snapshot as text: what, how often, and the stacks that tell of it, innermost first."""
    snapshot = Snapshot.open(path)

    def stack(row: int) -> str:
        return " < ".join(stack_texts(snapshot, row)[:INNERMOST]) or "not known"

    return [
        f"{MisuseKind(row.kind).name} of {row.fd} by {row.call}, {row.count} times\n"
        f"        used:   {stack(row.stack)}\n"
        f"        closed: {stack(row.closed_stack)}\n"
        f"        opened: {stack(row.opened_stack)}"
        for row in snapshot.misuses
    ]


def explained(misuse: str) -> str | None:
    return next((why for pattern, why in KNOWN.items() if re.search(pattern, misuse)), None)


def examine(suite: str) -> bool:
    """Run one suite and print what comes of it. Is all well?"""
    try:
        outcome = run([f"test.{suite}"], recorded=True)
    except subprocess.TimeoutExpired:
        print(f"{suite}: not ended after {LONGEST_S} s", flush=True)
        return False
    unknown = [misuse for misuse in outcome.misuses if explained(misuse) is None]
    bare = run(outcome.failed, recorded=False).failed if outcome.failed else []
    broken = [name for name in outcome.failed if name not in bare]
    print(
        f"{suite}: status {outcome.status}, {outcome.ran} tests, {len(outcome.failed)} failed, "
        f"{len(broken)} of them only here; {len(outcome.misuses)} misuses, {len(unknown)} of them not known",
        flush=True,
    )
    for misuse in outcome.misuses:
        print(f"    {misuse}\n        known:  {explained(misuse)}")
    for name in broken:
        print(f"    fails only where it is recorded: {name}")
    if outcome.status != 0:
        print(outcome.errors[-2000:])
    return outcome.status == 0 and not unknown and not broken


def main() -> None:
    suites = sys.argv[1:] or SUITES
    results = [examine(suite) for suite in suites]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
