"""Builds the wheel and the source archive, and installs each in every way.

In clean environments, with and without dependencies, with and without a compiler. In each, from another directory, a
program is captured and its snapshot explored. One line an installation; the status is 1 if one of them failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 300.0

LEAK = """
import socket
class Connection:
    def __init__(self):
        self.sock, _ = socket.socketpair()
kept = []
while True:
    kept.append(Connection())
"""


class Case(NamedTuple):
    """One way to install."""

    archive: str
    dependencies: bool
    compiler: bool
    collector: str

    @property
    def text(self) -> str:
        dependencies = "with dependencies" if self.dependencies else "without dependencies"
        return f"{self.archive}, {dependencies}, {'a compiler' if self.compiler else 'no compiler'}"


CASES = [
    Case("wheel", dependencies=True, compiler=True, collector="native"),
    Case("wheel", dependencies=False, compiler=True, collector="native"),
    Case("wheel", dependencies=False, compiler=False, collector="native"),
    Case("sdist", dependencies=True, compiler=True, collector="native"),
    Case("sdist", dependencies=False, compiler=True, collector="native"),
    Case("sdist", dependencies=True, compiler=False, collector="portable"),
    Case("sdist", dependencies=False, compiler=False, collector="portable"),
]


class Failure(Exception):  # noqa: N818 - what it says is not always an error's
    """What is not as promised, in one line or with what a command said."""


def environment(folder: Path, *, compiler: bool = True) -> dict[str, str]:
    """This process's, less what would lead to the checkout; without a compiler, the programs of ``folder`` alone."""
    ours = {"PYTHONPATH", "PYHANDLES_COLLECTOR", "PYHANDLES_REQUIRE_NATIVE", "PYHANDLES_WERROR", "VIRTUAL_ENV"}
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return inherited if compiler else inherited | {"PATH": str(folder / "bin"), "CC": "/nonexistent/cc"}


def run(command: list[str | Path], folder: Path, variables: dict[str, str], expected: int = 0) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if done.returncode != expected:
        raise Failure(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def new_environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def built(folder: Path) -> dict[str, Path]:
    """Build both archives with PyPA's build, in an environment of its own."""
    python = new_environment(folder / "builder")
    variables = environment(folder)
    run([python, "-m", "pip", "install", "--quiet", "build"], folder, variables)
    run(
        [python, "-m", "build", "--outdir", folder / "dist", ROOT],
        folder,
        variables | {"PYHANDLES_REQUIRE_NATIVE": "1"},
    )
    [wheel] = (folder / "dist").glob("*.whl")
    [sdist] = (folder / "dist").glob("*.tar.gz")
    check_contents(wheel, sdist)
    return {"wheel": wheel, "sdist": sdist}


def check_contents(wheel: Path, sdist: Path) -> None:
    """The wheel has no sources in C and no tests; the source archive has all that it takes to build and test."""
    with zipfile.ZipFile(wheel) as archive:
        foreign = [
            name
            for name in archive.namelist()
            if not name.startswith("pyhandles") or name.endswith((".c", ".h")) or "/tests/" in name
        ]
    if foreign:
        raise Failure(f"the wheel has {', '.join(foreign)}")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    # Also where the checkout is another user's, which git refuses to read.
    list_files: list[str | Path] = ["git", "-c", "safe.directory=*", "ls-files"]
    tracked = run(list_files, ROOT, dict(os.environ)).split() if (ROOT / ".git").exists() else []
    hidden = (".git", ".ci/")
    lacking = [name for name in tracked if name not in names and not name.startswith(hidden)]
    if lacking:
        raise Failure(f"the source archive lacks {', '.join(lacking)}")


def attempt(case: Case, archive: Path, folder: Path, explorer: Path | None) -> Path:
    """Install and try it. Gives the environment's interpreter; ``explorer`` is one that has the dependencies."""
    python = new_environment(folder / "venv")
    variables = environment(folder / "venv", compiler=case.compiler)
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
    run([*install, *([] if case.dependencies else ["--no-deps"]), archive], folder, variables)
    proof = run([python, "-m", "pyhandles", "check"], folder, variables)
    if f"{case.collector}, for" not in proof:
        raise Failure(f"another collector than the {case.collector} one:\n{proof}")
    (folder / "leak.py").write_text(LEAK)
    run(
        [python, "-m", "pyhandles.dump", "--limit", "64", "-o", "leak.pkl", "--", "leak.py"],
        folder,
        variables,
        expected=1,
    )
    looks = python if case.dependencies else explorer
    if looks is None:
        raise Failure("nothing here can explore")
    answer = run([looks, "-m", "pyhandles", "shell", folder / "leak.pkl", "-c", "io list"], folder, environment(folder))
    if "Connection.sock" not in answer:
        raise Failure(f"the leak is not told:\n{answer}")
    if case.dependencies:
        run([python, "-m", "pyhandles", "demo"], folder, variables)
    return python


def main() -> int:
    """Try each of the cases."""
    failed = passed = 0
    with tempfile.TemporaryDirectory(prefix="pyhandles-installations-") as name:
        folder = Path(name)
        try:
            archives = built(folder)
        except Failure as failure:
            print(f"FAILED: what is built: {failure}")
            return 1
        print("ok: what is in the wheel, and in the source archive", flush=True)
        explorer = None
        for number, case in enumerate(CASES):
            place = folder / str(number)
            place.mkdir()
            try:
                python = attempt(case, archives[case.archive], place, explorer)
            except (Failure, subprocess.TimeoutExpired) as failure:
                failed += 1
                print(f"FAILED: {case.text}: {failure}", flush=True)
            else:
                passed += 1
                explorer = explorer or python
                print(f"ok: {case.text}: the {case.collector} collector", flush=True)
    print(f"installations: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
