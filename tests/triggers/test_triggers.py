"""Each trigger, in a process of its own, with the cause for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import pyhandles
from pyhandles.errors import PyhandlesError
from tests.collectors import sees_every_error

ROOT = Path(__file__).parents[2]

PREAMBLE = """
import os, signal, socket, sys, threading, time
import pyhandles
directory = sys.argv[1]

def install(*on, **options):
    return pyhandles.install(directory + "/{trigger}.pkl", on, quiet=True, **options)
"""


class Ran(NamedTuple):
    status: int
    output: str
    errors: str
    snapshots: list[str]


def run(directory: Path, program: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + program, str(directory)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    names = sorted(path.name for path in directory.iterdir())
    return Ran(done.returncode, done.stdout, done.stderr, names)


def trigger_of(path: Path) -> object:
    return pyhandles.load(path).header.trigger


@sees_every_error
@pytest.mark.parametrize(
    ("on", "cause", "name"),
    [
        ("errno:EBADF", "os.close(7777)", "errno-EBADF.pkl"),
        ("errno:ENOENT", "os.stat('/no/such/file')", "errno-ENOENT.pkl"),
        ("errno:ECONNREFUSED", "socket.create_connection(('127.0.0.1', 1), 1)", "errno-ECONNREFUSED.pkl"),
    ],
)
def test_a_call_that_fails_is_captured_though_the_program_swallows_it(
    tmp_path: Path, on: str, cause: str, name: str
) -> None:
    ran = run(tmp_path, f"install({on!r})\ntry:\n    {cause}\nexcept OSError as error:\n    print(repr(error))")

    assert ran.snapshots == [name], ran.errors
    assert ran.status == 0
    assert "Error(" in ran.output
    assert trigger_of(tmp_path / name) == on


def test_an_error_made_by_hand_is_none(tmp_path: Path) -> None:
    program = """
install("errno:EBADF", "emfile")
import errno, pickle
for number in (errno.EBADF, errno.EMFILE):
    error = OSError(number, "made by hand")
    pickle.loads(pickle.dumps(error))
    try:
        raise error
    except OSError:
        pass
"""
    assert run(tmp_path, program).snapshots == []


def test_an_exception_that_nothing_catches(tmp_path: Path) -> None:
    program = "install('exception')\nhook = sys.excepthook\nconnection = socket.socket()\nraise KeyError('which one')"

    ran = run(tmp_path, program)

    assert ran.snapshots == ["exception.pkl"]
    assert ran.status == 1
    assert ran.errors.splitlines()[-1] == "KeyError: 'which one'"
    assert "pyhandles" not in ran.errors


def test_an_exception_that_ends_a_thread(tmp_path: Path) -> None:
    program = """
install("exception")
def work():
    raise ValueError("in a thread")
thread = threading.Thread(target=work)
thread.start()
thread.join()
print("on")
"""
    ran = run(tmp_path, program)

    assert ran.snapshots == ["exception.pkl"]
    assert (ran.status, ran.output) == (0, "on\n")
    assert "ValueError: in a thread" in ran.errors


@pytest.mark.parametrize("end", ["sys.exit(3)", "raise SystemExit(3)"])
def test_an_exit_is_no_exception(tmp_path: Path, end: str) -> None:
    ran = run(tmp_path, f"install('exception')\n{end}")
    assert (ran.status, ran.snapshots) == (3, [])


def test_a_signal_that_the_program_handles_is_still_handled(tmp_path: Path) -> None:
    program = """
signal.signal(signal.SIGUSR1, lambda number, frame: print("handled", frame.f_lineno > 0))
install("signal:USR1")
os.kill(os.getpid(), signal.SIGUSR1)
"""
    ran = run(tmp_path, program)

    assert (ran.status, ran.output, ran.snapshots) == (0, "handled True\n", ["signal-USR1.pkl"])


def test_a_signal_that_ends_the_process_still_ends_it(tmp_path: Path) -> None:
    ran = run(tmp_path, "install('signal:TERM')\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(30)")

    assert (ran.status, ran.snapshots) == (-signal.SIGTERM, ["signal-TERM.pkl"])


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    program = """
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
install("signal:USR1")
os.kill(os.getpid(), signal.SIGUSR1)
print("on")
"""
    ran = run(tmp_path, program)

    assert (ran.status, ran.output, ran.snapshots) == (0, "on\n", ["signal-USR1.pkl"])


@pytest.mark.parametrize("on", ["threshold:60", "threshold:60%"])
def test_a_number_of_open_descriptors(tmp_path: Path, on: str) -> None:
    program = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
install({on!r}, cooldown=0)
few = [os.dup(0) for _ in range(20)]
time.sleep(0.6)
print(os.listdir(directory))
many = [os.dup(0) for _ in range(50)]
deadline = time.monotonic() + 20
while not os.listdir(directory) and time.monotonic() < deadline:
    time.sleep(0.05)
time.sleep(0.6)
"""
    ran = run(tmp_path, program)

    # Once, though it stays above: it is reached anew only after it has been below.
    assert len(ran.snapshots) == 1, ran.errors
    assert ran.output == "[]\n"
    assert pyhandles.load(tmp_path / ran.snapshots[0]).header.limits["open"] >= 60


@sees_every_error
def test_several_at_once(tmp_path: Path) -> None:
    program = """
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
install("errno:EBADF", "signal:USR1", "exception", "exit", cooldown=0)
os.kill(os.getpid(), signal.SIGUSR1)
try:
    os.close(7777)
except OSError:
    pass
raise RuntimeError
"""
    ran = run(tmp_path, program)

    # Something was captured before the end, so the end is not.
    assert ran.snapshots == ["errno-EBADF.pkl", "exception.pkl", "signal-USR1.pkl"]


def test_uninstall_puts_everything_back(tmp_path: Path) -> None:
    program = """
before = (sys.excepthook, threading.excepthook, signal.getsignal(signal.SIGUSR1), len(os.listdir("/proc/self/task")))
with install("emfile", "errno:EBADF", "exception", "signal:USR1", "threshold:9999", "exit"):
    inside = (sys.excepthook, threading.excepthook, signal.getsignal(signal.SIGUSR1))
after = (sys.excepthook, threading.excepthook, signal.getsignal(signal.SIGUSR1), len(os.listdir("/proc/self/task")))
assert all(a is not b for a, b in zip(before, inside)), (before, inside)
assert before == after, (before, after)
for name in os.listdir(directory):
    os.unlink(os.path.join(directory, name))
try:
    os.close(7777)
except OSError:
    pass
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (0, []), ran.errors


@pytest.mark.parametrize(
    "wrong",
    ["bla", "signal", "signal:", "signal:FOO", "signal:KILL", "threshold", "threshold:0", "threshold:x",
     "threshold:101%", "errno", "errno:NOPE", "emfile:3", "exit:now"],
)  # fmt: skip
def test_what_is_no_trigger_is_refused_with_an_example(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(PyhandlesError) as raised:
        pyhandles.install(tmp_path / "x.pkl", (wrong,))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("emfiel", "there is no trigger 'emfiel' (did you mean emfile?)"),
        ("EXIT", "there is no trigger 'EXIT' (did you mean exit?)"),
        ("treshold:80%", "there is no trigger 'treshold' (did you mean threshold?)"),
        ("errno:EBADFD_", "there is no errno 'EBADFD_' (did you mean EBADFD?)"),
        ("errno:emfile", "there is no errno 'emfile' (did you mean EMFILE?)"),
    ],
)
def test_on_the_command_line_one_line_says_what_may_have_been_meant(tmp_path: Path, wrong: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pyhandles.dump", "--on", wrong, "--", "-c", "print('never')"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"pyhandles: {told}\n")


def test_a_task_of_asyncio_that_nobody_awaits_is_no_uncaught_exception(tmp_path: Path) -> None:
    """The documented limit of the trigger ``exception``: asyncio logs it, and the program goes on."""
    program = """
import asyncio

async def fail():
    raise ValueError("in a task")

async def main():
    install("exception")
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.1)
    del task

asyncio.run(main())
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (0, []), ran.errors
    assert "never retrieved" in ran.errors


def test_an_exception_that_ends_asyncio_run_is_one(tmp_path: Path) -> None:
    program = """
import asyncio

async def main():
    raise ValueError("in the main task")

install("exception")
asyncio.run(main())
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (1, ["exception.pkl"]), ran.errors


def test_a_trigger_that_cannot_be_set_leaves_none_set(tmp_path: Path) -> None:
    program = """
hook = sys.excepthook
def work():
    try:
        install("exception", "signal:USR1")
    except pyhandles.errors.PyhandlesError as error:
        print(error)
import pyhandles.errors
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(sys.excepthook is hook)
install("exception").remove()
"""
    ran = run(tmp_path, program)
    assert ran.output == "signal:USR1 can be installed from the main thread only\nTrue\n", ran.errors


def test_what_exit_does_not_see(tmp_path: Path) -> None:
    """The documented limits of the trigger ``exit``: these ends do not pass through the interpreter's exit."""
    for end in ("os._exit(0)", "os.execv('/bin/true', ['true'])", "os.kill(os.getpid(), signal.SIGTERM)", "os.abort()"):
        assert run(tmp_path, f"install('exit')\n{end}").snapshots == []


def test_a_forked_child_does_not_capture_at_its_exit(tmp_path: Path) -> None:
    program = """
install("exit")
if os.fork() == 0:
    sys.exit(0)
os.wait()
print(os.listdir(directory))
"""
    ran = run(tmp_path, program)
    assert (ran.output, ran.snapshots) == ("[]\n", ["exit.pkl"])


@pytest.mark.parametrize("on", ["exit", "errno:EBADF"])
def test_a_forked_child_that_installs_for_itself_is_a_program_of_its_own(tmp_path: Path, on: str) -> None:
    program = f"""
install("exit")
child = os.fork()
if child == 0:
    pyhandles.install(directory + "/child-{{pid}}.pkl", ("{on}", "exit"), quiet=True)
    sys.exit()
os.waitpid(child, 0)
print(child)
"""
    ran = run(tmp_path, program)

    assert ran.snapshots == [f"child-{int(ran.output)}.pkl", "exit.pkl"], ran.errors


def test_a_forked_child_that_runs_out_of_descriptors_captures_itself(tmp_path: Path) -> None:
    program = """
import resource
install("emfile")
child = os.fork()
if child == 0:
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    try:
        while True:
            os.dup(0)
    except OSError:
        os.write(1, str(os.getpid()).encode())
    sys.exit(0)
os.waitpid(child, 0)
"""
    ran = run(tmp_path, program)
    assert ran.snapshots == ["emfile.pkl"]
    assert pyhandles.load(tmp_path / "emfile.pkl").header.process["pid"] == int(ran.output)


@sees_every_error
def test_the_capture_of_a_trigger_does_not_wait_for_itself(tmp_path: Path) -> None:
    """What a trigger holds up is a fork, not the capture: a program at the limit goes on at once."""
    program = """
install("errno:EBADF")
big = [[number] for number in range(400_000)]
try:
    os.close(7777)
except OSError:
    print(os.listdir(directory))
"""
    ran = run(tmp_path, program)
    assert ran.output == "[]\n" or ".part" in ran.output
    assert ran.snapshots == ["errno-EBADF.pkl"]
