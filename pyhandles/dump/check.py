"""``pyhandles check``: proves, on this machine and in this directory, that a capture would work."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from pyhandles.dump.collectors import collector
from pyhandles.dump.installation import capture
from pyhandles.errors import PyhandlesError


class Proof(NamedTuple):
    """One thing that a capture needs, whether it is there, and what was seen."""

    subject: str
    holds: bool
    text: str


def check() -> list[Proof]:
    """Try each thing that a capture in this process would need, a trial snapshot last. Leaves nothing behind."""
    proofs = [_collector(), _directory(), _limits()]
    if all(proof.holds for proof in proofs):
        proofs.extend(_trial())
    return proofs


def _collector() -> Proof:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    try:
        name = "portable" if ".portable." in collector().__name__ else "native"
    except PyhandlesError as error:
        return Proof("collector", holds=False, text=f"{error}; {error.hint}")
    return Proof("collector", holds=True, text=f"{name}, for {python} at {sys.executable}")


def _directory() -> Proof:
    try:
        directory = os.getcwd()
    except OSError as error:
        return Proof("directory", holds=False, text=f"the current one: {error.strerror}; go to another one")
    if not os.access(directory, os.W_OK | os.X_OK):
        return Proof("directory", holds=False, text=f"no file can be made in {directory}; give install() another path")
    free = shutil.disk_usage(directory).free
    return Proof("directory", holds=True, text=f"{directory}, {free / 1e9:,.1f} GB free")


def _limits() -> Proof:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    size, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    descriptors = f"{_count(soft)} descriptors, {_count(hard)} at most"
    if size != resource.RLIM_INFINITY:
        return Proof("limits", holds=size >= 1 << 24, text=f"{descriptors}; files of {size:,} bytes at most")
    return Proof("limits", holds=True, text=descriptors)


def _count(limit: int) -> str:
    return "any number of" if limit == resource.RLIM_INFINITY else f"{limit:,}"


def _trial() -> list[Proof]:
    with tempfile.TemporaryDirectory(prefix=".pyhandles-check-", dir=os.getcwd()) as directory:
        started = time.perf_counter()
        try:
            path = Path(capture(os.path.join(directory, "trial.pkl"), "check"))
        except PyhandlesError as error:
            return [Proof("trial", holds=False, text=str(error))]
        seconds = time.perf_counter() - started
        size = path.stat().st_size
        text = f"a snapshot of {size / 1e6:.1f} MB in {seconds:.2f} s, removed again"
        return [_fork(path.read_bytes()), Proof("trial", holds=True, text=text)]


def _fork(snapshot: bytes) -> Proof:
    """What the trial says of itself. In place is a way too, but the service should know."""
    if _MADE_IN_A_CHILD in snapshot:
        return Proof("fork", holds=True, text="captures are made in a child, while the service goes on")
    return Proof(
        "fork", holds=True, text=f"refused ({_refusal()}): captures are made in place, the service stands still"
    )


_MADE_IN_A_CHILD = b"\x8c\x04mode\x8c\x04fork"
"""In the header of a snapshot; to read it by the rules is for the half that explores."""


def _refusal() -> str:
    try:
        child = os.fork()
    except OSError as error:
        return os.strerror(error.errno or 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "for the capture alone"


def main() -> int:
    """Print the proofs; 0 if all hold, else 1."""
    proofs = check()
    for proof in proofs:
        print(f"{'ok' if proof.holds else 'NO':<4}{proof.subject:<11}{proof.text}")  # noqa: T201 - it is a command
    return 0 if all(proof.holds for proof in proofs) else 1
