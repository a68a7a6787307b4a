"""The child that captures, seen from the service: what it needs, when it lets go, what it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.native.plain import Plain


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


IN_A_SMALL_THREAD = """
import sys, threading
import pyhandles
threading.stack_size(32768)
thread = threading.Thread(target=pyhandles.capture, args=sys.argv[1:])
thread.start()
thread.join()
"""


def test_a_thread_with_the_smallest_stack_that_python_gives(tmp_path: Path) -> None:
    result = run(IN_A_SMALL_THREAD, tmp_path / "small.pkl")

    assert (result.returncode, result.stderr) == (0, "")
    assert Plain(tmp_path / "small.pkl").tables["objects"]["rows"] > 0
