"""`pyhandles check` proves that a capture works here, or says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def check(directory: Path, *, user: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyhandles", "check"],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        user=user,
    )


def test_everything_is_there_and_nothing_is_left_behind(tmp_path: Path):
    done = check(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["ok", "collector"],
        ["ok", "directory"],
        ["ok", "limits"],
        ["ok", "trial"],
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_takes_no_file(tmp_path: Path):
    tmp_path.chmod(0o555)
    done = check(tmp_path)
    assert done.returncode == 1
    assert f"NO  directory  no file can be made in {tmp_path}" in done.stdout
