"""The child that captures, seen from the service: what it needs, when it lets go, what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyhandles.format import LabelKind
from tests.native.complaints import complaints
from tests.native.extension import build
from tests.native.plain import Plain

ROOT = Path(__file__).parents[2]


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)


IN_A_SMALL_THREAD = """
import sys, threading
import pyhandles
size = 32768
while True:
    try:
        threading.stack_size(size)
        break
    except ValueError:  # 3.14 and later give no less than 13 pages
        size += 4096
thread = threading.Thread(target=pyhandles.capture, args=sys.argv[1:])
thread.start()
thread.join()
"""


def test_a_thread_with_the_smallest_stack_that_python_gives(tmp_path: Path) -> None:
    result = run(IN_A_SMALL_THREAD, tmp_path / "small.pkl")

    assert (result.returncode, complaints(result.stderr)) == (0, "")
    assert Plain(tmp_path / "small.pkl").tables["objects"]["rows"] > 0


def test_in_place_in_such_a_thread(tmp_path: Path) -> None:
    install = "import pyhandles\npyhandles.install(on=(), quiet=True, redact=True, fork=False)"
    result = run(IN_A_SMALL_THREAD.replace("import pyhandles", install), tmp_path / "small.pkl")

    assert (result.returncode, complaints(result.stderr)) == (0, "")
    assert Plain(tmp_path / "small.pkl").header["capture"]["mode"] == "in place"


HELD_IN_THE_WALK = """
static int traverse(PyObject *self, visitproc visit, void *arg)
{
    if (getenv("PYHANDLES_TEST_HELD")) {
        mkdir(getenv("PYHANDLES_TEST_HELD"), 0700); /* which needs no descriptor */
        while (access(getenv("PYHANDLES_TEST_GO"), F_OK) != 0) {
            usleep(1000);
        }
    }
    return 0;
}
"""

WITH_A_HELD_CHILD = """
import gc, os, sys, threading, time, warnings
import pyhandles
gc.disable()  # only the child may traverse
folder, script = sys.argv[1:]
sys.path.insert(0, folder)
import holding
odd = holding.Odd()
os.environ["PYHANDLES_TEST_HELD"] = folder + "/held"
os.environ["PYHANDLES_TEST_GO"] = folder + "/go"

def go():
    open(folder + "/go", "w").close()

def child():
    tasks = os.listdir("/proc/self/task")
    [pid] = [pid for task in tasks for pid in open(f"/proc/self/task/{task}/children").read().split()]
    return int(pid)

def capture(path):
    try:
        pyhandles.capture(path)
    except pyhandles.errors.PyhandlesError as error:
        print(error)

def while_captured():
    thread = threading.Thread(target=capture, args=[folder + "/held.pkl"])
    thread.start()
    while not os.path.exists(folder + "/held"):
        time.sleep(0.001)
    return thread

exec(script)
"""


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """The folder of an extension whose tp_traverse waits for a file in it: a child that stands in the walk."""
    return build(tmp_path, "holding", HELD_IN_THE_WALK)


def with_a_held_child(folder: Path, script: str) -> str:
    result = run(WITH_A_HELD_CHILD, folder, script)
    assert (result.returncode, complaints(result.stderr)) == (0, "")
    return result.stdout


def test_what_the_service_closes_meanwhile_is_really_closed(held: Path) -> None:
    told = with_a_held_child(
        held,
        "import fcntl, socket\n"
        "left, right = socket.socketpair()\n"
        "lock = open(folder + '/lock', 'w'); fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "thread = while_captured()\n"
        "right.close(); lock.close()\n"
        "left.settimeout(20)\n"
        "print(left.recv(1))\n"
        "again = open(folder + '/lock', 'w'); fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "print(os.listdir(f'/proc/{child()}/fd'))\n"
        "go(); thread.join()\n",
    )

    assert told == "b''\n[]\n"
    assert Plain(held / "held.pkl").header["trigger"] == "request"


def test_a_signal_to_the_whole_group_is_for_the_service(held: Path) -> None:
    with_a_held_child(
        held,
        "import signal\n"
        "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):\n"
        "    signal.signal(number, lambda *_: None)\n"
        "thread = while_captured()\n"
        "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):\n"
        "    os.kill(child(), number)\n"
        "go(); thread.join()\n",
    )

    assert Plain(held / "held.pkl").header["trigger"] == "request"


def test_a_fork_of_the_service_during_a_capture(held: Path) -> None:
    told = with_a_held_child(
        held,
        "thread = while_captured()\n"
        "warnings.simplefilter('ignore')  # of a fork beside threads, which is what is tried\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    del os.environ['PYHANDLES_TEST_HELD']\n"
        "    pyhandles.capture(folder + '/forked.pkl')\n"
        "    os._exit(0)\n"
        "print(os.waitpid(pid, 0)[1])\n"
        "go(); thread.join()\n",
    )

    assert told == "0\n"
    assert Plain(held / "held.pkl").header["process"]["pid"] != Plain(held / "forked.pkl").header["process"]["pid"]


def test_a_child_that_is_killed_leaves_no_file(tmp_path: Path) -> None:
    result = run(
        """
import gc, os, sys, threading
import pyhandles
folder = sys.argv[1]
heap = [[number] for number in range(300_000)]

def kill():
    while not os.listdir(folder):
        pass
    tasks = os.listdir("/proc/self/task")
    [pid] = [pid for task in tasks for pid in open(f"/proc/self/task/{task}/children").read().split()]
    os.kill(int(pid), 9)

threading.Thread(target=kill).start()
try:
    pyhandles.capture(folder + "/killed.pkl")
except Exception as error:
    print(error)
""",
        tmp_path,
    )

    assert result.stdout == "the capture was ended by signal 9 (Killed); no snapshot\n"
    assert os.listdir(tmp_path) == []


def test_a_file_that_may_not_grow_so_large(tmp_path: Path) -> None:
    result = run(
        """
import resource, sys
import pyhandles
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    pyhandles.capture(sys.argv[1] + "/large.pkl")
except Exception as error:
    print(error)
""",
        tmp_path,
    )

    assert result.stdout == f"could not write the snapshot {tmp_path}/large.pkl: File too large; no snapshot\n"
    assert os.listdir(tmp_path) == []


REFUSING = """
import ctypes, os, struct, sys
import pyhandles

def refuse(*numbers):
    \"\"\"From here on the kernel answers EPERM to these system calls.\"\"\"
    code = struct.pack("HBBI", 0x20, 0, 0, 0)
    for number in numbers:
        code += struct.pack("HBBI", 0x15, 0, 1, number) + struct.pack("HBBI", 0x06, 0, 0, 0x00050001)
    code += struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
    instructions = ctypes.create_string_buffer(code)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(instructions)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0, ctypes.get_errno()
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="system calls by their numbers")
def test_where_there_is_neither_a_safe_rename_nor_links_nor_modes(tmp_path: Path) -> None:
    script = REFUSING + "refuse(316, 86, 265, 90, 91)\nfor _ in range(3): print(pyhandles.capture(sys.argv[1]))"

    result = run(script, tmp_path / "a.pkl")

    assert result.stdout.split() == [str(tmp_path / name) for name in ("a.pkl", "a-2.pkl", "a-3.pkl")]
    assert sorted(os.listdir(tmp_path)) == ["a-2.pkl", "a-3.pkl", "a.pkl"]
    assert all(Plain(path).header["writer"] == "native" for path in tmp_path.iterdir())


@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="the sanitiser itself calls sigaltstack in each thread")
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="system calls by their numbers")
def test_where_next_to_nothing_is_allowed_to_the_child(tmp_path: Path) -> None:
    """close_range, setpriority, prctl, alarm, sigaltstack, getrandom, getsockopt and getpeername."""
    calls = "refuse(436, 141, 157, 37, 131, 318, 55, 52)"

    result = run(REFUSING + calls + "\nprint(pyhandles.capture(sys.argv[1]))", tmp_path / "a.pkl")

    assert complaints(result.stderr) == ""
    assert Plain(tmp_path / "a.pkl").tables["descriptors"]["rows"] > 0


AT_EXIT = """
import os, resource, sys
import pyhandles
pyhandles.install(sys.argv[1] + "/exit.pkl", on=("exit",))
"""


def test_what_is_said_goes_to_no_file_that_took_the_number_of_stderr(tmp_path: Path) -> None:
    run(AT_EXIT + "os.dup2(os.open(sys.argv[1] + '/database', os.O_RDWR | os.O_CREAT), 2)", tmp_path)

    assert (tmp_path / "exit.pkl").exists()
    assert (tmp_path / "database").read_bytes() == b""


def test_a_pipe_that_nobody_reads_does_not_hold_up_the_end(tmp_path: Path) -> None:
    fill = """
os.set_blocking(2, False)
try:
    while True:
        os.write(2, b"x")
except BlockingIOError:
    os.set_blocking(2, True)
"""
    reading, writing = os.pipe()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", AT_EXIT + fill, str(tmp_path)]
    process = subprocess.Popen(command, env=environment, stderr=writing)
    try:
        assert process.wait(timeout=40) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)
        os.close(writing)


def test_a_threshold_that_is_reached_after_the_interpreter_has_gone(tmp_path: Path) -> None:
    late = """
static int traverse(PyObject *self, visitproc visit, void *arg) { return 0; }
__attribute__((destructor)) static void late(void)
{
    for (int i = 0; i < 100; i++) {
        open("/dev/null", O_RDONLY);
    }
    usleep(900000); /* the number of descriptors is looked at four times a second */
}
"""
    build(tmp_path, "late", late)
    script = """
import sys
import pyhandles
pyhandles.install(sys.argv[1] + "/late.pkl", on=("threshold:90",))
sys.path.insert(0, sys.argv[1])
import late
"""

    assert run(script, tmp_path).returncode == 0


def test_a_word_of_a_stack_that_became_known_late_shifts_no_label(tmp_path: Path) -> None:
    script = """
import sys
import pyhandles
from pyhandles.dump import _native

def take(*arguments):
    print(id(arguments[0]), id(arguments[2]))

def call():
    first, second = [1], [2]
    # Of these words two are addresses of tracked objects. The text between is found later, through the list.
    take(first, texts[0], second, _native.capture(sys.argv[1], "request"))

texts = ["".join(["found ", "later"])]
pyhandles.capture(sys.argv[1] + ".first")
call()
"""
    result = run(script, tmp_path / "stack.pkl")
    snapshot = Plain(tmp_path / "stack.pkl")
    first, second = map(int, result.stdout.split())

    depths = {}
    for row in snapshot.rows("frames"):
        for reference in snapshot.references(snapshot.addresses[row["object"]]):
            if reference.kind in {LabelKind.STACK_CANDIDATE, LabelKind.STACK}:
                depths[reference.target] = int(reference.value)

    assert depths[second] - depths[first] == 2
