"""Programs that ask where they are, in interpreters of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

PRELUDE = """
import ctypes, os, sys, threading, warnings
warnings.simplefilter("ignore")
from pyhandles.dump import _native
from tests.recorder.here import PACKAGES, STANDARD, frames, where

def known():
    return where()[4:]

def look():
    return where()

def record():
    _native.record(16, "off", STANDARD, list(PACKAGES))

def sites(call="open"):
    return {(site, in_children) for name, site, in_children, *_ in _native.counters() if name.startswith(call)}
"""


def run(code: str, folder: Path) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(code)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    return finished.stdout
