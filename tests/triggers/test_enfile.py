"""The whole system is out of files: `errno:ENFILE` has kept one for the snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

import pyhandles
from tests.collectors import native_only
from tests.triggers.test_triggers import run

pytestmark = native_only("it keeps no file open")

OUT_OF_FILES = """
from tests.seccomp import no_more_files
no_more_files()

def fail():
    try:
        socket.socket()
    except OSError as error:
        print(error.errno)
"""


@pytest.mark.parametrize("fork", [True, False])
def test_it_is_captured_into_the_file_that_was_kept_open(tmp_path: Path, fork: bool) -> None:
    ran = run(tmp_path, f"install('errno:ENFILE', fork={fork})\n{OUT_OF_FILES}\nfail()")

    assert (ran.status, ran.output, ran.snapshots) == (0, "23\n", ["errno-ENFILE.pkl"]), ran.errors
    snapshot = pyhandles.load(tmp_path / "errno-ENFILE.pkl")
    assert snapshot.header.errno == 23
    assert "whole system" in snapshot.header.limits["met"]
    assert (tmp_path / "errno-ENFILE.pkl").stat().st_mode & 0o777 == 0o600


def test_another_trigger_may_use_it_too_and_never_writes_over_what_exists(tmp_path: Path) -> None:
    (tmp_path / "signal-USR1.pkl").write_text("precious", encoding="utf-8")
    program = f"""
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
install("errno:ENFILE", "signal:USR1")
{OUT_OF_FILES}
os.kill(os.getpid(), signal.SIGUSR1)
"""
    ran = run(tmp_path, program)

    assert ran.snapshots == ["signal-USR1-2.pkl", "signal-USR1.pkl"], ran.errors
    assert (tmp_path / "signal-USR1.pkl").read_text(encoding="utf-8") == "precious"


def test_a_second_capture_does_not_write_over_the_first(tmp_path: Path) -> None:
    program = f"""
def capture(number):
    try:
        print(os.path.basename(pyhandles.capture(f"{{directory}}/{{number}}.pkl")))
    except pyhandles.errors.PyhandlesError as error:
        print(error)

import pyhandles.errors
install("errno:ENFILE")
{OUT_OF_FILES}
capture(1)
capture(2)  # what the first has used could not be replaced
"""
    ran = run(tmp_path, program)

    first, second = ran.output.splitlines()
    assert first == "1.pkl"
    assert "Too many open files in system" in second
    assert pyhandles.load(tmp_path / "1.pkl").header.trigger == "request"


def test_when_the_system_has_files_again_another_one_is_kept(tmp_path: Path) -> None:
    """A capture in a thread that alone is out of files uses what is kept, and the others replace it."""
    program = """
import threading
from tests.seccomp import no_more_files
install("errno:ENFILE")

def capture():
    no_more_files()
    pyhandles.capture(directory + "/{trigger}.pkl", reason="inside")

def kept():
    return [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if int(fd) > 50]

print(len(kept()))
pyhandles.capture(directory + "/{trigger}.pkl", reason="before")
print(len(kept()))
thread = threading.Thread(target=capture)
thread.start()
thread.join()
print(kept())
"""
    ran = run(tmp_path, program)
    assert ran.status == 0, ran.errors
    assert ran.snapshots == ["before.pkl", "inside.pkl"]
    assert ran.output.splitlines() == ["1", "1", "[]"]  # that thread could not; nothing of the snapshot stays open


def test_it_is_shown_for_what_it_is_and_is_in_nobodys_way(tmp_path: Path) -> None:
    program = """
before = os.dup(0)
os.close(before)
install("errno:ENFILE")
after = os.dup(0)
print(before == after, *(fd for fd in os.listdir("/proc/self/fd") if int(fd) > 50), os.listdir(directory))
pyhandles.capture(directory + "/request.pkl")
pyhandles.uninstall()
print(*(fd for fd in os.listdir("/proc/self/fd") if int(fd) > 50), os.listdir(directory))
"""
    ran = run(tmp_path, program)

    assert ran.output == "True 63 []\n['request.pkl']\n", ran.errors
    snapshot = pyhandles.load(tmp_path / "request.pkl")
    [row] = [row for row in snapshot.model.descriptors if row.fd == 63]
    assert "kept open by pyhandles" in row.link


def test_no_other_trigger_keeps_a_file_open(tmp_path: Path) -> None:
    program = """
count = len(os.listdir("/proc/self/fd"))
install("emfile", "exit", "errno:EMFILE", "threshold:99")
print(len(os.listdir("/proc/self/fd")) - count)
"""
    assert run(tmp_path, program).output == "0\n"


def test_without_the_trigger_one_line_says_what_helps(tmp_path: Path) -> None:
    program = f"pyhandles.install(directory + '/x.pkl', ('exit',))\n{OUT_OF_FILES}"
    ran = run(tmp_path, program)

    assert (ran.status, ran.snapshots) == (0, [])
    [line] = ran.errors.splitlines()
    assert line == (
        f"pyhandles: could not make the output file {tmp_path}/x.pkl: Too many open files in system "
        "(the trigger errno:ENFILE keeps a file open for this); no snapshot"
    )


def test_a_number_that_the_program_has_closed_and_used_again_is_the_programs(tmp_path: Path) -> None:
    program = f"""
install("errno:ENFILE")
os.closerange(3, 100)
mine = os.open(directory + "/mine", os.O_WRONLY | os.O_CREAT)
os.dup2(mine, 63)
{OUT_OF_FILES}
fail()
pyhandles.uninstall()
print(os.fstat(63).st_size)
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.output, ran.snapshots) == (0, "23\n0\n", ["mine"]), ran.errors


def test_a_forked_service_keeps_one_of_its_own(tmp_path: Path) -> None:
    program = """
import tests.seccomp
install("errno:ENFILE")
child = os.fork()
tests.seccomp.no_more_files()
try:
    pyhandles.capture(f"{directory}/{'child' if child == 0 else 'parent'}.pkl")
finally:
    if child == 0:
        os._exit(0)
os.waitpid(child, 0)
"""
    ran = run(tmp_path, program)

    assert (ran.status, ran.snapshots) == (0, ["child.pkl", "parent.pkl"]), ran.errors
    pids = {pyhandles.load(tmp_path / name).header.process["pid"] for name in ran.snapshots}
    assert len(pids) == 2


def test_where_a_file_cannot_be_without_a_name_it_has_one_until_uninstall(tmp_path: Path) -> None:
    """As on a file system that knows no O_TMPFILE."""
    program = """
from tests.seccomp import no_nameless_files
no_nameless_files()
install("errno:ENFILE")
print(len(os.listdir(directory)))
if os.fork() == 0:
    os._exit(0)
os.wait()
print(len(os.listdir(directory)))
"""
    ending = {"pyhandles.uninstall()": [], OUT_OF_FILES + "fail()": ["errno-ENFILE.pkl"]}
    for end, left in ending.items():
        ran = run(tmp_path, program + end)
        assert ran.output.split()[:2] == ["1", "1"], ran.errors
        assert (ran.status, ran.snapshots) == (0, left), ran.errors
