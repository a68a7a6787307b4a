"""Where no child can be made, or none is wanted, the process captures itself and stands still for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import pyhandles
from tests.collectors import native_only
from tests.triggers.test_triggers import run

AT_THE_LIMIT = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))
held = []
try:
    while True:
        held.append(socket.socket())
except OSError as error:
    print(error.errno)
del held[3]
free = socket.socket().fileno()
print(free == held[2].fileno() + 1, os.listdir("/proc/self/task") == [str(os.getpid())])
"""

REFUSE_FORK = """
from tests.seccomp import refuse_fork
refuse_fork()
try:
    os.fork()
except PermissionError:
    print("refused")
"""


def test_in_place_on_request(tmp_path: Path) -> None:
    ran = run(tmp_path, f"install('emfile', fork=False)\n{AT_THE_LIMIT}")

    assert (ran.status, ran.output) == (0, "24\nTrue True\n"), ran.errors
    snapshot = pyhandles.load(tmp_path / "emfile.pkl")
    assert snapshot.header.capture["mode"] == "in place"
    assert [row.fd for row in snapshot.model.descriptors][:30] == list(range(30))


def test_in_place_where_a_child_is_refused(tmp_path: Path) -> None:
    ran = run(tmp_path, f"{REFUSE_FORK}\ninstall('emfile')\n{AT_THE_LIMIT}")

    assert (ran.status, ran.output) == (0, "refused\n24\nTrue True\n"), ran.errors
    assert pyhandles.load(tmp_path / "emfile.pkl").header.capture["mode"] == "in place"


def test_one_line_says_that_the_process_stood_still(tmp_path: Path) -> None:
    program = f"pyhandles.install(directory + '/e.pkl', ('emfile',), fork=False)\n{AT_THE_LIMIT}"
    assert "while the process stood still" in run(tmp_path, program).errors


def test_capture_on_request_in_place(tmp_path: Path) -> None:
    ran = run(tmp_path, "install('exit', fork=False)\nprint(pyhandles.capture(directory + '/request.pkl'))")
    assert ran.output == f"{tmp_path}/request.pkl\n"
    assert ran.snapshots == ["exit.pkl", "request.pkl"]


@native_only("captures in the thread that asks for it where it can make no other; see tests/portable")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_where_neither_a_child_nor_a_thread_can_be_made_the_program_goes_on(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for parent in list(tmp_path.parents)[:2]:
        parent.chmod(0o755)
    program = """
import resource
pyhandles.install(directory + "/e.pkl", ("errno:EBADF",))
os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    os.close(7777)
except OSError as error:
    print("goes on", error.errno)
try:
    pyhandles.capture()
except pyhandles.errors.PyhandlesError as error:
    print(error)
"""
    ran = run(tmp_path, "import pyhandles.errors\n" + program)

    assert (ran.status, ran.snapshots) == (0, []), ran.errors
    assert ran.output.startswith("goes on 9\nneither a child process nor a thread could be made")
    [line] = ran.errors.splitlines()
    assert line.startswith("pyhandles: ")
