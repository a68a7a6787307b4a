"""Nothing is lost and nothing invented while everything goes on at once. For a minute, with 64 threads: ``nox -s
stress``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collectors import PORTABLE

pytestmark = pytest.mark.skipif(PORTABLE, reason="the recorder is part of the extension")

ROOT = Path(__file__).parents[2]


def test_what_was_done_is_counted_whatever_goes_on_at_the_same_time(tmp_path: Path):
    process = subprocess.run(
        [sys.executable, "-m", "tests.recorder.stress", "3", "16"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    outcome = json.loads(process.stdout)
    assert outcome["wrong"] == []
    assert {"captures", "forks", "library loaded", "interpreters", "rounds"} <= outcome["events"].keys()
    assert {"open", "close", "dup", "pipe", "socketpair", "dup2"} <= outcome["done"].keys()
