"""`signal:NAME`: what the signal would have done without us, it does, after the capture has begun."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pyhandles.dump.triggers import trigger
from pyhandles.dump.triggers.signals import Signal
from pyhandles.errors import PyhandlesError
from tests.triggers.test_triggers import run


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("USR1", signal.SIGUSR1),
        ("SIGUSR1", signal.SIGUSR1),
        ("CLD", signal.SIGCHLD),
        ("RTMIN", signal.SIGRTMIN),
        ("SIGRTMIN+1", signal.SIGRTMIN + 1),
        ("RTMAX", signal.SIGRTMAX),
    ],
)
def test_names_as_kill_has_them(name: str, number: int) -> None:
    named = trigger(f"signal:{name}")
    assert isinstance(named, Signal)
    assert named.number == number


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("usr1", "USR1"), ("sigusr1", "USR1"), ("USER1", "USR1"), ("TREM", "TERM"), ("RTMIN+99", "RTMIN"), ("12", None)],
)
def test_what_is_no_signal_is_answered_with_the_nearest(wrong: str, near: str | None) -> None:
    with pytest.raises(PyhandlesError, match="there is no signal") as raised:
        trigger(f"signal:{wrong}")
    assert raised.value.hint == (f"did you mean {near}?" if near else "for example: signal:USR1")


def test_a_real_time_signal(tmp_path: Path) -> None:
    program = """
signal.signal(signal.SIGRTMIN + 1, lambda number, frame: print("handled"))
install("signal:RTMIN+1")
os.kill(os.getpid(), signal.SIGRTMIN + 1)
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.output, ran.snapshots) == (0, "handled\n", ["signal-RTMIN-1.pkl"]), ran.errors


@pytest.mark.parametrize("number", ["USR1", "HUP", "ALRM", "QUIT"])
def test_the_default_action_ends_the_process_after_the_snapshot_is_complete(tmp_path: Path, number: str) -> None:
    program = f"""
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
install("signal:{number}")
os.kill(os.getpid(), signal.SIG{number})
print("not here")
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.output) == (-signal.Signals[f"SIG{number}"], ""), ran.errors
    assert ran.snapshots == [f"signal-{number}.pkl"]


def test_a_default_action_that_ignores_it(tmp_path: Path) -> None:
    program = """
install("signal:WINCH", cooldown=0)
os.kill(os.getpid(), signal.SIGWINCH)
os.kill(os.getpid(), signal.SIGWINCH)
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (0, ["signal-WINCH-2.pkl", "signal-WINCH.pkl"]), ran.errors


def test_a_default_action_that_stops_the_process_until_it_is_continued(tmp_path: Path) -> None:
    program = """
install("signal:TSTP")
stopped = os.fork()
if stopped == 0:
    os.kill(os.getpid(), signal.SIGTSTP)
    print("continued", flush=True)
    os._exit(0)
assert os.WIFSTOPPED(os.waitpid(stopped, os.WUNTRACED)[1])
print("stopped", flush=True)
os.kill(stopped, signal.SIGCONT)
os.waitpid(stopped, 0)
"""
    ran = run(tmp_path, f"os.setpgrp()\n{program}")
    assert (ran.status, ran.output) == (0, "stopped\ncontinued\n"), ran.errors
    assert ran.snapshots == ["signal-TSTP.pkl"]


def test_a_handler_that_raises_still_does(tmp_path: Path) -> None:
    program = """
def stop(number, frame):
    raise SystemExit(9)
signal.signal(signal.SIGTERM, stop)
install("signal:TERM")
os.kill(os.getpid(), signal.SIGTERM)
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (9, ["signal-TERM.pkl"]), ran.errors


def test_ctrl_c_still_raises_in_the_program(tmp_path: Path) -> None:
    program = """
install("signal:INT")
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(30)
except KeyboardInterrupt:
    print("interrupted")
"""
    ran = run(tmp_path, program)
    assert (ran.output, ran.snapshots) == ("interrupted\n", ["signal-INT.pkl"]), ran.errors


def test_the_loop_of_asyncio_still_gets_what_it_handles(tmp_path: Path) -> None:
    program = """
import asyncio

async def main():
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, done.set)
    install("signal:USR1")
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(done.wait(), 20)
    print("told")

asyncio.run(main())
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.output, ran.snapshots) == (0, "told\n", ["signal-USR1.pkl"]), ran.errors


def test_a_handler_that_the_program_sets_later_takes_its_place_and_stays(tmp_path: Path) -> None:
    program = """
install("signal:USR1")
later = lambda number, frame: print("later")
signal.signal(signal.SIGUSR1, later)
os.kill(os.getpid(), signal.SIGUSR1)
pyhandles.uninstall()
print(signal.getsignal(signal.SIGUSR1) is later)
"""
    ran = run(tmp_path, program)
    assert (ran.output, ran.snapshots) == ("later\nTrue\n", []), ran.errors


def test_a_handler_in_c_is_not_touched(tmp_path: Path) -> None:
    """Python could not put it back: better to say so."""
    program = """
import faulthandler
import pyhandles.errors
faulthandler.register(signal.SIGUSR1, file=open(directory + "/stacks", "w"))
try:
    install("emfile", "signal:USR1")
except pyhandles.errors.PyhandlesError as error:
    print(error)
os.kill(os.getpid(), signal.SIGUSR1)
"""
    ran = run(tmp_path, program)
    assert ran.status == 0, ran.errors
    assert ran.output == "signal:USR1: a library in C handles it, which Python could not put back\n"
    assert "most recent call first" in (tmp_path / "stacks").read_text(encoding="utf-8")


def test_given_twice_the_former_action_still_happens_once(tmp_path: Path) -> None:
    program = """
def handle(number, frame):
    print("handled")
signal.signal(signal.SIGUSR1, handle)
with install("signal:SIGUSR1", "signal:USR1", "signal:USR1"):
    os.kill(os.getpid(), signal.SIGUSR1)
print(signal.getsignal(signal.SIGUSR1) is handle)
"""
    ran = run(tmp_path, program)
    assert (ran.output, ran.snapshots) == ("handled\nTrue\n", ["signal-USR1.pkl"]), ran.errors


def test_several_signals_at_once_each_with_a_snapshot_of_its_own(tmp_path: Path) -> None:
    program = """
for number in (signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, signal.SIG_IGN)
install("signal:USR1", "signal:USR2", cooldown=0)
os.kill(os.getpid(), signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGUSR2)
"""
    assert run(tmp_path, program).snapshots == ["signal-USR1.pkl", "signal-USR2.pkl"]


def test_calls_that_a_signal_interrupts_go_on(tmp_path: Path) -> None:
    program = """
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
install("signal:USR1")
read, write = os.pipe()
threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGUSR1), time.sleep(0.2),
                                 os.write(write, b"x"))).start()
print(os.read(read, 1))
"""
    ran = run(tmp_path, program)
    assert (ran.output, ran.snapshots) == ("b'x'\n", ["signal-USR1.pkl"]), ran.errors


@pytest.mark.parametrize("former", ["signal.SIG_IGN", "lambda *_: print('handled')"])
def test_taken_out_from_another_thread_it_captures_no_longer(tmp_path: Path, former: str) -> None:
    """Python lets the main thread alone set a handler, so ours stays, and does what the former one did."""
    program = f"""
signal.signal(signal.SIGUSR1, {former})
install("signal:USR1", "exit")
thread = threading.Thread(target=pyhandles.uninstall)
thread.start()
thread.join()
os.kill(os.getpid(), signal.SIGUSR1)
"""
    ran = run(tmp_path, program)
    handled = "" if former == "signal.SIG_IGN" else "handled\n"
    assert ran == (0, handled, "", [])
