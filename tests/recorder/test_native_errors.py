"""``emfile`` and ``errno:NAME`` while recording: they see the failing calls of native libraries, too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import pyhandles
from tests.collectors import PORTABLE
from tests.endtoend.service import Outcome, service
from tests.recorder.trial import compile_c

pytestmark = pytest.mark.skipif(
    PORTABLE or shutil.which("cc") is None, reason="the portable collector does not record; needs a C compiler"
)

LIBRARY = """
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

int failing_close(void) { return close(7777); }
int failing_read(void) { char byte; return (int)read(7777, &byte, 1); }
int failing_open(void) { return open("/no/such/file", O_RDONLY); }
static void *in_thread(void *unused) { failing_close(); return NULL; }

void fail_in_a_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Whatever wants its lock while it fails has to wait. */
void fail_with_a_lock(void)
{
    pthread_mutex_lock(&lock);
    failing_close();
    usleep(300000);
    pthread_mutex_unlock(&lock);
}
"""

PRELUDE = """
import ctypes, os, sys, time
import pyhandles
library = ctypes.CDLL("./library.so")

def install(*on, record=True, **options):
    pyhandles.install("{trigger}.pkl", on, record=record, quiet=True, **options)

def wait_for_captures(least=1, seconds=20):
    deadline = time.monotonic() + seconds
    while pyhandles.calls().captures < least and time.monotonic() < deadline:
        time.sleep(0.01)
    return pyhandles.calls().captures
"""


def run(tmp_path: Path, source: str, **options) -> Outcome:
    """Run a program that has the library beside it."""
    compile_c(LIBRARY, tmp_path / "library.so", "-lpthread")
    outcome = service(tmp_path, PRELUDE + source, **options)
    assert (outcome.status, outcome.err) == (0, ""), outcome
    return outcome


def names(outcome: Outcome) -> list[str]:
    return [path.name for path in outcome.snapshots]


@pytest.mark.parametrize(
    ("on", "call"),
    [
        ("errno:EBADF", "failing_close"),
        ("errno:EBADF", "failing_read"),
        ("errno:EBADF", "fail_in_a_thread"),
        ("errno:EBADF", "fail_with_a_lock"),
        ("errno:ENOENT", "failing_open"),
    ],
)
def test_a_library_whose_call_fails(tmp_path: Path, on: str, call: str):
    outcome = run(tmp_path, f"install({on!r})\nlibrary.{call}()\nprint(wait_for_captures())")

    assert outcome.out == "1\n"
    assert pyhandles.load(outcome.snapshot()).header.trigger == on


def test_sqlite_at_the_limit(tmp_path: Path):
    source = """
import sqlite3
install("emfile")
kept = []
while not kept or kept[-1] < 63:
    kept.append(os.dup(0))
try:
    sqlite3.connect("x.db")
except sqlite3.OperationalError as error:
    print(error, wait_for_captures())
"""
    outcome = run(tmp_path, source, limit=64)

    assert outcome.out == "unable to open database file 1\n"
    header = pyhandles.load(outcome.snapshot("emfile.pkl")).header
    assert (header.trigger, header.errno, header.limits["open"]) == ("emfile", 24, 64)


def test_without_recording_no_library_is_seen(tmp_path: Path):
    source = "install('errno:EBADF', record=False)\nlibrary.failing_close()\nprint(wait_for_captures(seconds=0.3))"
    assert run(tmp_path, source).out == "0\n"


def test_another_error_is_none(tmp_path: Path):
    source = "install('errno:ENOTSOCK')\nlibrary.failing_close()\nprint(wait_for_captures(seconds=0.3))"
    assert run(tmp_path, source).out == "0\n"


def test_an_error_of_python_code_is_captured_once_and_in_its_own_thread(tmp_path: Path):
    source = """
install("errno:EBADF", cooldown=0)
def fail():
    marker = "here"
    try:
        os.close(7777)
    except OSError:
        pass
fail()
time.sleep(0.3)
print(pyhandles.calls().captures)
"""
    outcome = run(tmp_path, source)

    assert outcome.out == "1\n"
    [thread] = pyhandles.load(outcome.snapshot()).threads().threads.rows
    assert [frame.function for frame in thread.frames][-1:] == ["fail"]


def test_errors_one_after_the_other_are_each_captured(tmp_path: Path):
    source = """
install("errno:EBADF", "errno:ENOENT", cooldown=0)
library.failing_close()
wait_for_captures(1)
library.failing_open()
print(wait_for_captures(2))
"""
    outcome = run(tmp_path, source)
    assert (outcome.out, names(outcome)) == ("2\n", ["errno-EBADF.pkl", "errno-ENOENT.pkl"])


@pytest.mark.parametrize("end", ["pyhandles.uninstall()", "sys.exit()", "pass"])
def test_what_has_failed_just_before_the_end_is_captured(tmp_path: Path, end: str):
    source = f"install('errno:EBADF', 'exit')\nlibrary.failing_close()\n{end}"
    assert names(run(tmp_path, source)) == ["errno-EBADF.pkl"]


def test_an_exit_at_which_nothing_has_failed_is_captured(tmp_path: Path):
    assert names(run(tmp_path, "install('errno:EBADF', 'exit')")) == ["exit.pkl"]


def test_a_forked_child_captures_no_error_of_a_library(tmp_path: Path):
    """It may be about to run another program, and closes numbers that are not open."""
    source = """
install("errno:EBADF")
child = os.fork()
if child == 0:
    library.failing_close()
    time.sleep(0.3)
    os._exit(pyhandles.calls().captures)
print(os.waitpid(child, 0)[1])
"""
    outcome = run(tmp_path, source)
    assert (outcome.out, names(outcome)) == ("0\n", [])


def test_no_thread_of_ours_stays(tmp_path: Path):
    source = """
install("errno:EBADF")
before = len(os.listdir("/proc/self/task"))
library.failing_close()
wait_for_captures()
pyhandles.uninstall()
time.sleep(0.2)
print(len(os.listdir("/proc/self/task")) - before)
"""
    assert run(tmp_path, source).out == "0\n"


@pytest.mark.parametrize(("call", "told"), [("failing_close", "worker"), ("fail_in_a_thread", "pyhandles")])
def test_the_snapshot_tells_the_thread_that_has_failed_if_python_knows_it(tmp_path: Path, call: str, told: str):
    source = f"""
import threading
def work():
    library.{call}()
    wait_for_captures()
install("errno:EBADF")
thread = threading.Thread(target=work, name="worker")
thread.start()
thread.join()
"""
    threads = pyhandles.load(run(tmp_path, source).snapshot()).threads().threads.rows

    assert [thread.name for thread in threads if thread.capturing] == [told]
    assert {thread.name for thread in threads} == {"MainThread", "worker", "pyhandles"}


BLOCKED = """
import signal, threading
install("errno:EBADF")
def work():
    signal.pthread_sigmask(signal.SIG_BLOCK, {blocked})
    library.failing_close()
thread = threading.Thread(target=work)
thread.start()
thread.join()
time.sleep(0.2)
{then}
print(wait_for_captures(seconds=2))
"""


@pytest.mark.parametrize(
    ("blocked", "then"), [("signal.valid_signals()", ""), ("[signal.SIGTERM]", "os.close(os.dup(0))")]
)
def test_a_thread_that_blocks_signals_is_seen_too(tmp_path: Path, blocked: str, then: str):
    """One that blocks a few may be in a handler of one of them; then it is seen at the next call of another."""
    assert run(tmp_path, BLOCKED.format(blocked=blocked, then=then)).out == "1\n"
