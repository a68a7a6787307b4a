"""On a free-threaded build of CPython nothing is captured, which one line says, and nothing else fails.

There the interpreter says so in ``sys.abiflags``, and the build in ``sysconfig``; each is said here before anything of
ours is loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINE = "free-threaded builds of CPython are not captured yet"

AS_A_FREE_THREADED_BUILD = """
import runpy, sys, sysconfig
sysconfig.get_config_vars()["Py_GIL_DISABLED"] = 1
sys.abiflags = "t"
sys.argv = sys.argv[1:]
"""


def run(code: str, cwd: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AS_A_FREE_THREADED_BUILD + code, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("asked", ["", "native", "portable"])
def test_a_program_is_not_run_under_it_and_one_line_says_why(tmp_path: Path, asked: str):
    (tmp_path / "app.py").write_text("print('ran')")
    command = ["pyhandles.dump", "--", "app.py"]

    done = run("runpy.run_module('pyhandles.dump', run_name='__main__')", tmp_path, *command, PYHANDLES_COLLECTOR=asked)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"pyhandles: {LINE} (")
    assert len(done.stderr.splitlines()) == 1


def test_check_says_so(tmp_path: Path):
    done = run("runpy.run_module('pyhandles', run_name='__main__')", tmp_path, "pyhandles", "check")

    assert done.returncode == 1
    assert LINE in done.stdout
    assert done.stderr == ""


def built_by(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("setuptools")
    command = ["setup.py", "--quiet", "build_ext", "--build-lib", str(tmp_path), "--build-temp", str(tmp_path / "o")]
    return run("runpy.run_path('setup.py', run_name='__main__')", ROOT, *command, **variables)


def test_the_extension_is_left_out_of_what_is_built(tmp_path: Path):
    done = built_by(tmp_path, PYHANDLES_REQUIRE_NATIVE="0")

    assert (done.returncode, list(tmp_path.rglob("*.so"))) == (0, [])
    assert done.stderr.splitlines() == [f"pyhandles: {LINE}: the extension is left out"]


def test_where_it_is_required_the_build_fails(tmp_path: Path):
    done = built_by(tmp_path, PYHANDLES_REQUIRE_NATIVE="1")

    assert done.returncode == 1
    assert LINE in done.stderr
