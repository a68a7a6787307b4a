"""What the trigger `exit` does at each way out of a process, and what it cannot do."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

import pyhandles
from tests.collectors import native_only, sees_every_error
from tests.endtoend.service import Outcome, dumped, script, service


def names(outcome: Outcome) -> list[str]:
    """What is left in the directory beside the program; N is the process's number."""
    paths = sorted(path for path in outcome.directory.iterdir() if path.suffix == ".pkl" or ".part" in path.name)
    return [re.sub(r"\d+", "N", path.name) for path in paths]


SEEN = {
    "the end of the script": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "sys.exit with a text": ("sys.exit('reason')", 1),
    "an exception that nothing catches": ("raise KeyError('no such')", 1),
    "an exception in a function at exit": ("atexit.register(lambda: 1 / 0)", 0),
    "a thread that outlives the main one": (
        "threading.Thread(target=lambda: (time.sleep(0.3), print('thread ends'))).start()",
        0,
    ),
    "sys.exit in a thread": ("thread = threading.Thread(target=sys.exit, args=[5]); thread.start(); thread.join()", 0),
    "a daemon thread that still runs": ("threading.Thread(target=time.sleep, args=[60], daemon=True).start()", 0),
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(30)", -signal.SIGINT),
}

PREAMBLE = "import atexit, os, signal, sys, threading, time\n"


@pytest.mark.parametrize("end", SEEN)
def test_an_end_by_way_of_the_interpreters_exit_is_captured(tmp_path: Path, end: str) -> None:
    source, status = SEEN[end]
    outcome = dumped(tmp_path, "--on", "exit", "--", script(tmp_path, PREAMBLE + source))

    assert outcome.status == status, outcome
    assert names(outcome) == ["app-N-exit.pkl"]
    assert pyhandles.load(outcome.snapshot()).header.trigger == "exit"
    assert [line.split()[:2] for line in outcome.err.splitlines()[-1:]] == [["pyhandles:", "captured"]]


def test_a_thread_that_outlives_the_main_one_is_waited_for_first(tmp_path: Path) -> None:
    source = """
        import os, threading, time

        def outlive():
            threading.main_thread().join()
            time.sleep(0.3)
            print(os.listdir("."))

        threading.Thread(target=outlive).start()
    """
    outcome = dumped(tmp_path, "--on", "exit", "--", script(tmp_path, source))

    assert outcome.out == "['app.py']\n"
    assert names(outcome) == ["app-N-exit.pkl"]


UNSEEN = {
    "os._exit": ("os._exit(4)", 4),
    "os.execv": ("os.execv('/bin/sh', ['sh', '-c', 'exit 6'])", 6),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    "a crash": ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    "os.abort": ("os.abort()", -signal.SIGABRT),
}


@pytest.mark.parametrize("end", UNSEEN)
def test_an_end_that_the_interpreter_does_not_see_leaves_nothing(tmp_path: Path, end: str) -> None:
    source, status = UNSEEN[end]
    outcome = dumped(tmp_path, "--on", "emfile,exit", "--", script(tmp_path, PREAMBLE + source))

    assert (outcome.status, outcome.err, names(outcome)) == (status, "", []), outcome


def test_a_sigterm_is_for_the_trigger_of_that_name(tmp_path: Path) -> None:
    source = PREAMBLE + "print('up', flush=True)\nos.kill(os.getpid(), signal.SIGTERM)\nprint('not here')"
    outcome = dumped(tmp_path, "--on", "exit,signal:TERM", "--", script(tmp_path, source))

    assert (outcome.status, outcome.out) == (-signal.SIGTERM, "up\n"), outcome
    assert names(outcome) == ["app-N-signal-TERM.pkl"]


def test_a_sigterm_that_the_program_turns_into_an_exit_is_captured_at_that_exit(tmp_path: Path) -> None:
    source = PREAMBLE + "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\nos.kill(os.getpid(), signal.SIGTERM)"
    outcome = dumped(tmp_path, "--on", "exit", "--", script(tmp_path, source))

    assert (outcome.status, names(outcome)) == (9, ["app-N-exit.pkl"]), outcome


@sees_every_error
def test_what_a_trigger_has_begun_is_finished_though_the_process_ends_by_os_exit(tmp_path: Path) -> None:
    """The child outlives the service, unless that is the first process of a container."""
    source = (
        PREAMBLE
        + """
try:
    os.close(7777)
except OSError:
    os._exit(4)
"""
    )
    outcome = dumped(tmp_path, "--on", "errno:EBADF", "--", script(tmp_path, source))
    assert outcome.status == 4, outcome
    deadline = time.monotonic() + 30
    while not outcome.snapshots and time.monotonic() < deadline:
        time.sleep(0.05)
    assert names(outcome) == ["app-N-errno-EBADF.pkl"]


CHILD_BY_FORK = "pid = os.fork()\nif pid == 0: {end}\nassert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3"

CHILD_BY_MULTIPROCESSING = """
import multiprocessing
if __name__ == "__main__":
    process = multiprocessing.get_context("{method}").Process(target=sys.exit, args=[3])
    process.start(); process.join()
    assert process.exitcode == 3
"""

CHILDREN = {
    "os.fork, sys.exit": CHILD_BY_FORK.format(end="sys.exit(3)"),
    "os.fork, os._exit": CHILD_BY_FORK.format(end="os._exit(3)"),
    "subprocess": "import subprocess\nassert subprocess.run([sys.executable, '-c', 'exit(3)']).returncode == 3",
    "multiprocessing, fork": CHILD_BY_MULTIPROCESSING.format(method="fork"),
    "multiprocessing, spawn": CHILD_BY_MULTIPROCESSING.format(method="spawn"),
}


@pytest.mark.parametrize("how", CHILDREN)
def test_of_several_processes_the_one_that_installed_is_captured(tmp_path: Path, how: str) -> None:
    source = PREAMBLE + CHILDREN[how] + "\nif __name__ == '__main__': print(os.getpid())"
    outcome = dumped(tmp_path, "--on", "exit", "--", script(tmp_path, source))

    assert outcome.status == 0, outcome
    assert [path.name for path in outcome.snapshots] == [f"app-{int(outcome.out)}-exit.pkl"]


def test_a_spawned_child_that_installs_for_itself_is_captured_too(tmp_path: Path) -> None:
    """What is installed at the top of a module is installed wherever that module is imported."""
    source = """
        import multiprocessing, os
        import pyhandles

        pyhandles.install(on=("exit",))

        if __name__ == "__main__":
            process = multiprocessing.get_context("spawn").Process(target=os.getpid)
            process.start(); process.join()
    """
    outcome = service(tmp_path, source)

    assert outcome.status == 0, outcome
    assert len(outcome.snapshots) == 2, outcome


@native_only("it cannot be imported into a subinterpreter")
def test_what_a_subinterpreter_does_at_its_end_is_not_the_exit(tmp_path: Path) -> None:
    source = """
        import os
        import pyhandles
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters

        pyhandles.install(on=("exit", "emfile", "errno:EBADF", "threshold:9999"))
        other = interpreters.create()
        interpreters.run_string(other, '''if True:
            import os
            open("/dev/null").close()
            try:
                os.close(7777)
            except OSError:
                pass
        ''')
        interpreters.destroy(other)
        print(len([name for name in os.listdir() if name.endswith("pkl")]))
    """
    outcome = service(tmp_path, source)

    assert (outcome.status, outcome.out) == (0, "0\n"), outcome
    assert names(outcome) == ["app-N-exit.pkl"]
