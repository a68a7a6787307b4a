"""An extension with hooks that only note who called what, and programs that are run with it."""

from __future__ import annotations

import atexit
import functools
import json
import mmap
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
from pathlib import Path
from typing import Any, BinaryIO

HERE = Path(__file__).parent
RECORDER = HERE.parent.parent / "pyhandles" / "dump" / "_native" / "recorder"
PARTS = ("slots", "targets", "genuine", "image", "objects", "loading", "vfork")

PRELUDE = """
import json, os, subprocess, sys, threading, time, trial
from pathlib import Path

def calls():
    return [(call, Path(file).name if file else None, child) for call, file, child in trial.calls()]

def tell(answer):
    print(json.dumps(answer), flush=True)

def scan():
    # A thread that was joined may still have its stack.
    while len(os.listdir("/proc/self/task")) > 1:
        time.sleep(0.01)
    tell(trial.addresses())
    return json.loads(sys.stdin.readline())
"""


def compile_c(code: str, target: Path, *options: str) -> Path:
    """A shared object, or with other options a program."""
    source = target.with_suffix(".c")
    source.write_text("#define _GNU_SOURCE\n" + textwrap.dedent(code))
    kind = () if "-o-program" in options else ("-shared", "-fPIC")
    rest = [option for option in options if option != "-o-program"]
    subprocess.run(["cc", "-w", "-O1", *kind, source, "-o", target, *rest], check=True, timeout=60)
    return target


@functools.cache
def extension(*options: str) -> Path:
    """Returns: the directory in which ``trial`` can be imported; kept for the process."""
    directory = Path(tempfile.mkdtemp(prefix="pyhandles-trial-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    sources = [RECORDER / f"{part}.c" for part in PARTS] + [HERE / "trial.c"]
    flags = ["-std=c11", "-O2", "-g", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"]
    include = [f"-I{RECORDER}", f"-I{sysconfig.get_path('include')}"]
    subprocess.run(
        ["cc", *flags, *options, *include, *sources, "-Wl,-z,now", "-o", directory / "trial.so"], check=True, timeout=60
    )
    return directory


def readable(memory: BinaryIO, start: int, end: int) -> bytes:
    """What can be read of a mapping: in newer C libraries the guard below a thread's stack is part of its mapping."""
    try:
        memory.seek(start)
        return memory.read(end - start)
    except OSError:
        if end - start <= mmap.PAGESIZE:
            return b""
    middle = start + (end - start) // mmap.PAGESIZE // 2 * mmap.PAGESIZE
    return readable(memory, start, middle) + readable(memory, middle, end)


def hooks_in_memory(pid: int, addresses: dict[str, int]) -> list[list[str]]:
    """Where a word of writable memory of a process is the address of a hook.

    Returns: [name of the call, what is mapped there].
    """
    found = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            extent, rights, *rest = line.split()
            if not rights.startswith("rw") or rest[-1].startswith("[v"):
                continue
            start, end = (int(number, 16) for number in extent.split("-"))
            data = readable(memory, start, end)
            found += [
                [name, rest[-1]]
                for name, address in addresses.items()
                for _ in range(data.count(address.to_bytes(8, sys.byteorder)))
            ]
    return found


def run(code: str, directory: Path, **environment: str) -> Any:
    """Run a program in a fresh interpreter, in the directory.

    Returns: what it told.
    """
    with subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(extension()), **environment},
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answer = None
        for line in process.stdout:
            answer = json.loads(line)
            if isinstance(answer, dict):
                print(json.dumps(hooks_in_memory(process.pid, answer)), file=process.stdin, flush=True)
    assert process.returncode == 0
    return answer
