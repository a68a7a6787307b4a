"""Runs programs as users run them: processes of their own, with real limits, and whatever snapshots they leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.native.plain import Plain

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended; ``status`` as subprocess has it: negative is a signal's number."""

    status: int
    out: str
    err: str
    directory: Path

    @property
    def snapshots(self) -> list[Path]:
        """The snapshots in the directory that it ran in, by name."""
        return sorted(self.directory.glob("*.pkl"))

    def snapshot(self, pattern: str = "*.pkl") -> Path:
        """The only snapshot whose name fits."""
        [path] = self.directory.glob(pattern)
        return path

    def plain(self, pattern: str = "*.pkl") -> Plain:
        return Plain(self.snapshot(pattern))


def python(
    *arguments: str | Path,
    cwd: Path,
    limit: int | None = None,
    prefix: tuple[str, ...] = (),
    timeout: float = 120,
    **environment: str,
) -> Outcome:
    """Run this Python; ``limit`` is its soft limit of descriptors, ``prefix`` a command that starts it."""
    command = [*prefix, sys.executable, *map(str, arguments)]
    if limit is not None:
        command = ["sh", "-c", f'ulimit -S -n {limit}; exec "$@"', "sh", *command]
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr, cwd)


def script(cwd: Path, source: str, name: str = "app.py") -> Path:
    """Write a program into the directory."""
    path = cwd / name
    path.write_text(dedent(source), encoding="utf-8")
    return path


def service(cwd: Path, source: str, *arguments: str, limit: int | None = None, **options: Any) -> Outcome:
    """Run a program that installs pyhandles itself."""
    return python(script(cwd, source), *arguments, cwd=cwd, limit=limit, **options)


def dumped(cwd: Path, *arguments: str | Path, **options: Any) -> Outcome:
    """Run ``python -m pyhandles.dump``."""
    return python("-m", "pyhandles.dump", *arguments, cwd=cwd, **options)


def ask(snapshot: Path, *commands: str) -> list[dict[str, Any]]:
    """The JSON documents with which ``pyhandles shell`` answers."""
    words = [word for command in commands for word in ("-c", command)]
    outcome = python("-m", "pyhandles", "shell", snapshot, "--format", "json", *words, cwd=snapshot.parent)
    assert outcome.status == 0, outcome
    return [json.loads(line) for line in outcome.out.splitlines()]
