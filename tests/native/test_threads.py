"""What several threads ask of the extension at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.native.complaints import complaints

SCRIPT = """
import threading
import pyhandles
from pyhandles.errors import PyhandlesError

def install_and_uninstall():
    for _ in range(1000):
        try:
            pyhandles.install(on=("threshold:90%",), quiet=True)
        except PyhandlesError:
            pass
        pyhandles.uninstall()

threads = [threading.Thread(target=install_and_uninstall) for _ in range(3)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print("done")
"""


def test_threads_that_install_and_uninstall_at_once_never_wait_for_each_other_for_ever(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (finished.returncode, finished.stdout, complaints(finished.stderr)) == (0, "done\n", "")
