"""`pyhandles check` proves that a capture works here, or says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collectors import WRITER, native_only

ROOT = Path(__file__).parents[2]
IN_THE_SAME_THREAD = "where it can make no other thread, it captures in the one that asks; see tests/portable"


def check(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyhandles", "check"],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_everything_is_there_and_nothing_is_left_behind(tmp_path: Path):
    done = check(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"collector  {WRITER}, for CPython" in done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["ok", "collector"],
        ["ok", "directory"],
        ["ok", "limits"],
        ["ok", "fork"],
        ["ok", "trial"],
    ]
    assert "in a child" in done.stdout
    assert list(tmp_path.iterdir()) == []


def refused(directory: Path, refusal: str) -> tuple[int, str, list[Path]]:
    """What the command answers in a process that is refused something: status, output, and what is left behind."""
    program = f"""
import os, resource, sys
import pyhandles.dump.check, tests.seccomp
pyhandles.dump.check.collector()
{refusal}
sys.exit(pyhandles.dump.check.main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout, list(directory.iterdir())


NOBODY = """
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
"""


LITTLE_MEMORY = """
most = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() + (5 << 19)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
"""


def test_a_directory_that_is_gone(place: Path):
    status, output, _ = refused(place, "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')")
    assert status == 1
    assert "NO  directory  the current one: No such file or directory; go to another one" in output


def test_a_directory_that_takes_no_file(place: Path):
    place.chmod(0o555)
    status, output, left = refused(place, NOBODY)
    assert (status, left) == (1, [])
    assert f"NO  directory  no file can be made in {place}; give install() another path" in output


def test_a_fork_that_is_refused_is_told_and_the_capture_proved_in_place(place: Path):
    status, output, left = refused(place, "tests.seccomp.refuse_fork()")
    assert (status, left) == (0, [])
    assert "ok  fork       refused (Operation not permitted): captures are made in place" in output


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        pytest.param(
            NOBODY + "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))",
            "NO  trial      neither a child process nor",
            marks=native_only(IN_THE_SAME_THREAD),
        ),
        pytest.param(
            "tests.seccomp.refuse_fork(threads_too=True)",
            "NO  trial      neither a child process nor a thread",
            marks=native_only(IN_THE_SAME_THREAD),
        ),
        ("resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))", "NO  limits     "),
        (
            LITTLE_MEMORY,
            "NO  trial      could not walk the heap: Cannot allocate memory",
        ),
    ],
)
def test_what_is_refused_is_told_with_status_1_and_nothing_is_left_behind(place: Path, refusal: str, told: str):
    status, output, left = refused(place, refusal)
    assert (status, left) == (1, [])
    assert told in output
