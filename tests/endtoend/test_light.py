"""The half that captures runs in services: it brings nothing of the half that explores, nor what that needs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.endtoend.service import ROOT, python, service

HEAVY = ("numpy", "scipy", "networkx", "rich", "prompt_toolkit", "pyhandles.snapshot", "pyhandles.findings")


def test_capturing_imports_nothing_heavy(tmp_path: Path):
    outcome = service(
        tmp_path,
        f"""
        import sys
        import pyhandles

        with pyhandles.install():
            pyhandles.capture("it.pkl")
        import pyhandles.dump.runner
        print([name for name in sys.modules if name.startswith({HEAVY})])
        print([name for name in sys.modules if name.startswith("pyhandles")], file=sys.stderr)
        """,
    )
    assert (outcome.status, outcome.out) == (0, "[]\n"), outcome


def test_capturing_works_where_nothing_else_is_installed(tmp_path: Path):
    (tmp_path / "site").mkdir()
    shutil.copytree(ROOT / "pyhandles", tmp_path / "site" / "pyhandles", ignore=shutil.ignore_patterns("__pycache__"))
    # -I -S: no site-packages, so none of the dependencies.
    outcome = python(
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); "
        "import pyhandles; print(pyhandles.capture('it.pkl'))",
        cwd=tmp_path,
    )
    assert outcome.status == 0, outcome
    assert outcome.snapshot().name == "it.pkl"


WITHOUT_THE_EXTENSION = """
import sys
sys.path.insert(0, {site!r})
import pyhandles
pyhandles.install(on=(), quiet={quiet})
pyhandles.capture("it.pkl")
"""


@pytest.mark.parametrize("quiet", [False, True])
def test_without_the_extension_another_collector_captures_which_one_line_says(tmp_path: Path, quiet: bool):
    ignored = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(ROOT / "pyhandles", tmp_path / "site" / "pyhandles", ignore=ignored)
    source = WITHOUT_THE_EXTENSION.format(site=str(tmp_path / "site"), quiet=quiet)
    outcome = python("-I", "-S", "-c", source, cwd=tmp_path, PYHANDLES_COLLECTOR="")

    line = "pyhandles: no capturing extension here (it was not built); the portable collector captures, and sees less\n"
    assert (outcome.status, outcome.err) == (0, "" if quiet else line)
    assert outcome.snapshot().name == "it.pkl"


def test_importing_the_package_imports_neither_half(tmp_path: Path):
    outcome = python(
        "-c", "import sys, pyhandles; print([name for name in sys.modules if 'pyhandles.' in name])", cwd=tmp_path
    )
    assert (outcome.status, outcome.out) == (0, "[]\n"), outcome


def test_the_public_names(tmp_path: Path):
    outcome = python(
        "-c",
        """
import pyhandles
from pyhandles import calls, capture, install, load, uninstall, widen
print(sorted(pyhandles.__all__), set(pyhandles.__all__) <= set(dir(pyhandles)))
try:
    pyhandles.uninstal
except AttributeError as error:
    print(error)
with pyhandles.install(on=()):
    print(type(load(capture("it.pkl"))).__name__)
""",
        cwd=tmp_path,
    )
    assert outcome.out.splitlines() == [
        "['calls', 'capture', 'install', 'load', 'uninstall', 'widen'] True",
        "module 'pyhandles' has no attribute 'uninstal'",
        "LoadedSnapshot",
    ], outcome


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_imported_between_the_trigger_and_the_file(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os, sys
        import pyhandles

        pyhandles.install(on=("emfile",), quiet=True)
        while os.dup(0) < 63:
            pass
        before = set(sys.modules)
        try:
            os.pipe()
        except OSError:
            pass
        print(set(sys.modules) - before)
        """,
        limit=64,
    )
    assert (outcome.status, outcome.out) == (0, "set()\n"), outcome
    assert len(outcome.snapshots) == 1
