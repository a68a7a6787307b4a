"""What looks at the threads of a service leaves the service as it was, and tells no more than is so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pyhandles.format import WaitState
from pyhandles.snapshot import Snapshot
from tests.native.complaints import complaints

ROOT = Path(__file__).parents[2]

START = """
import ctypes, mmap, os, signal, socket, struct, sys, threading, time
import pyhandles
from tests import seccomp

def until(condition):
    while not condition():
        time.sleep(0.01)

def is_in(thread, *calls):
    with open(f"/proc/self/task/{thread.native_id}/syscall") as file:
        return file.read().split()[0] in map(str, calls)

def start(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread

def capture():
    # A machine that is busy enough takes all the time there is for looking at threads: then once more.
    for _ in range(5):
        if os.path.exists("snapshot.pkl"):
            os.unlink("snapshot.pkl")
        with open(pyhandles.capture("snapshot.pkl"), "rb") as file:
            told = file.read()
        if b"not looked at in time" not in told and b"for lack of time" not in told:
            break

POLL = 7 if os.uname().machine == "x86_64" else 73
libc = ctypes.CDLL(None)
"""


def run(place: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START + script],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, complaints(done.stderr)) == (0, "")
    return done.stdout


WAYS = {
    "an empty table": "",
    "copies that are closed": "seccomp.refuse(seccomp.CLOSE_RANGE)",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
@pytest.mark.parametrize("fork", [True, False], ids=["by a child", "in place"])
def test_locks_of_files_are_still_held_afterwards(tmp_path: Path, way: str, fork: bool) -> None:
    script = f"""
import fcntl, subprocess
posix, own = open("posix", "w"), open("own", "w")
fcntl.lockf(posix, fcntl.LOCK_EX)
fcntl.flock(own, fcntl.LOCK_EX)
os.dup2(posix.fileno(), 0)  # those of low numbers above all
pyhandles.install(on=(), quiet=True, fork={fork})
{way}
capture()
os.set_inheritable(own.fileno(), False)
print(subprocess.run([sys.executable, "-c", '''
import fcntl
for name, lock in (("posix", fcntl.lockf), ("own", fcntl.flock)):
    try:
        lock(open(name, "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)
        print(name, "was let go")
    except BlockingIOError:
        print(name, "is held")
'''], capture_output=True, text=True).stdout)
"""

    assert run(tmp_path, script).split("\n")[:2] == ["posix is held", "own is held"]


def test_memory_that_cannot_be_read_is_no_crash_and_said_not_to_be_seen(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
pages = libc.mmap(None, 8192, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
fd = os.pipe()[0]
ctypes.memmove(pages, struct.pack("ihh", fd, 1, 0) * 1024, 8192)
waiting = start(lambda: libc.poll(ctypes.c_void_p(pages), 1024, -1))
until(lambda: is_in(waiting, POLL))
libc.mprotect(ctypes.c_void_p(pages + 4096), 4096, 0)  # to unmap it would make room for something else
capture()
""",
    )
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert "poll" in {wait.call for wait in snapshot.waits} or "ppoll" in {wait.call for wait in snapshot.waits}
    assert len(snapshot.watches) == 512
    assert "not read to its end" in snapshot.header.kernel["waits"]


def test_a_set_of_very_many_is_told_in_part(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
fd = os.pipe()[0]
array = ctypes.create_string_buffer(struct.pack("ihh", fd, 1, 0) * 4096 + struct.pack("ihh", -1, 1, 0))
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (5000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
waiting = start(lambda: libc.poll(array, 4097, -1))
until(lambda: is_in(waiting, POLL))
capture()
""",
    )
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert len(snapshot.watches) == 4096
    assert "not read to its end" in snapshot.header.kernel["waits"]


def test_numbers_that_poll_is_told_to_leave_out_are_not_watched(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
fd = os.pipe()[0]
array = ctypes.create_string_buffer(struct.pack("ihhihhihh", -1, 1, 0, fd, 1, 0, -5, 4, 0))
waiting = start(lambda: libc.poll(array, 3, -1))
until(lambda: is_in(waiting, POLL))
capture()
print(fd)
""",
    )
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert [(watch.fd, watch.events) for watch in snapshot.watches] == [(int(said), 1)]


def test_of_thousands_of_threads_it_is_said_how_many_were_looked_at(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
threading.stack_size(1 << 16)
event = threading.Event()
count = 0
try:
    for count in range(1, 3001):
        start(event.wait)
except RuntimeError:  # as many as this machine permits
    count -= 1
capture()
print(count)
""",
    )
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")
    expected = int(said) + 1

    unseen = snapshot.header.kernel["waits"]
    if unseen is None:
        assert len(snapshot.waits) == expected
    else:
        looked_at, of_all = map(int, re.findall(r"only (\d+) of (\d+) threads were looked at", unseen)[0])
        assert (len(snapshot.waits), expected) == (looked_at, of_all)


def test_where_no_thread_can_be_made_the_rest_of_the_capture_is_made(tmp_path: Path) -> None:
    run(tmp_path, "seccomp.refuse_threads()\ncapture()")
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert snapshot.header.kernel["waits"].startswith("no thread could be made to look at the others: ")
    assert len(snapshot.waits) == 0


def test_where_going_to_another_processor_is_punished_with_death_neither_program_nor_snapshot_suffers(
    tmp_path: Path,
) -> None:
    run(tmp_path, "seccomp.forbid(seccomp.SCHED_SETAFFINITY)\nstart(threading.Event().wait)\ncapture()")
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert snapshot.header.kernel["waits"] is None
    assert len(snapshot.waits) == 2


@pytest.mark.parametrize("forbidden", ["CLOSE_RANGE", "UNSHARE"])
def test_where_one_way_to_take_a_table_apart_is_punished_with_death_the_other_one_is_taken(
    tmp_path: Path, forbidden: str
) -> None:
    run(tmp_path, f"seccomp.forbid(seccomp.{forbidden})\nstart(threading.Event().wait)\ncapture()")
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert snapshot.header.kernel["waits"] is None
    assert len(snapshot.waits) == 2


def test_where_both_are_punished_with_death_the_rest_of_the_capture_is_made(tmp_path: Path) -> None:
    run(tmp_path, "seccomp.forbid(seccomp.CLOSE_RANGE)\nseccomp.forbid(seccomp.UNSHARE)\ncapture()")
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert snapshot.header.kernel["waits"].startswith("the threads were not looked at, ")
    assert len(snapshot.waits) == 0


ADOPTS = """
PR_SET_CHILD_SUBREAPER = 36
libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # as the first process of a container does anyway
told = []
signal.signal(signal.SIGCHLD, lambda *_: told.append("a child has ended"))
start(threading.Event().wait)

def ask():
    time.sleep(0.2)  # nothing is to happen
    try:
        told.append(os.waitpid(-1, os.WNOHANG))
    except ChildProcessError:
        pass
    print(told)
"""


def test_a_program_that_adopts_orphans_gets_none_from_a_capture(tmp_path: Path) -> None:
    assert run(tmp_path, ADOPTS + "capture()\nask()") == "[]\n"


def test_a_program_that_adopts_orphans_gets_none_from_a_capture_that_fails(tmp_path: Path) -> None:
    script = """
try:
    pyhandles.capture("not there/snapshot.pkl")
except Exception as error:
    print(error)
ask()
"""
    assert run(tmp_path, ADOPTS + script).endswith("; no snapshot\n[]\n")


def test_a_program_that_adopts_orphans_gets_none_from_one_that_was_held_up(tmp_path: Path) -> None:
    script = """
held_up = seccomp.HoldUp(seccomp.SCHED_SETAFFINITY)  # nobody lets it go
capture()
ask()
"""
    assert run(tmp_path, ADOPTS + script) == "[]\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_where_there_is_no_proc_the_rest_of_the_capture_is_made(tmp_path: Path) -> None:
    script = """
private, on_top = (None, b"/", None, 0x44000, None), (b"x", b"/proc", b"tmpfs", 0, None)
if libc.unshare(0x20000) or libc.mount(*private) or libc.mount(*on_top):
    print("not permitted")
capture()
"""
    if run(tmp_path, script):
        pytest.skip("file systems cannot be mounted here")
    snapshot = Snapshot.open(tmp_path / "snapshot.pkl")

    assert snapshot.header.kernel["waits"] == "the threads could not be listed: No such file or directory"
    assert len(snapshot.waits) == 0


def test_a_thread_that_comes_too_late_is_not_waited_for_and_writes_to_nothing_that_is_gone(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
threads = len(os.listdir("/proc/self/task"))
seccomp.refuse(seccomp.CLOSE_RANGE)
held_up = seccomp.HoldUp(seccomp.UNSHARE)
for number in range(3):
    pyhandles.capture(f"{number}.pkl")
print(len(os.listdir("/proc/self/task")) - threads)
for _ in range(2 * 3):  # each is tried by a process apart, and then made in earnest
    held_up.let_go()
until(lambda: len(os.listdir("/proc/self/task")) == threads)
""",
    )

    assert said == "3\n"
    for number in range(3):
        snapshot = Snapshot.open(tmp_path / f"{number}.pkl")
        assert snapshot.header.kernel["waits"] == "the threads were not looked at in time"
        assert len(snapshot.waits) == 0


def test_a_program_in_which_much_goes_on_is_not_disturbed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.native.churn", "3"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, complaints(done.stderr)) == (0, "")
    told = json.loads(done.stdout)

    assert told["wrong"] == []
    assert told["captures"] >= 2
    assert told["ended"] > 0


def test_a_process_with_one_thread_is_told_to_run(tmp_path: Path) -> None:
    run(tmp_path, "capture()")

    [wait] = Snapshot.open(tmp_path / "snapshot.pkl").waits
    assert (wait.state, wait.call) == (WaitState.RUNNING, None)
