"""`threshold`: looked at where Python makes a descriptor, and by a timer for what is made otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

import pyhandles
from tests.collectors import native_only
from tests.triggers.test_triggers import run

UNTIL_THERE_IS_ONE = """
def wait_for(count):
    deadline = time.monotonic() + 30
    while len([name for name in os.listdir(directory) if name.endswith(".pkl")]) < count:
        assert time.monotonic() < deadline, os.listdir(directory)
        time.sleep(0.05)
"""


@native_only("its timer alone looks")
@pytest.mark.parametrize("make", ["open('/dev/null')", "socket.socket()", "os.scandir('/')"])
def test_a_burst_that_the_timer_cannot_see(tmp_path: Path, make: str) -> None:
    program = f"""
install("threshold:400")
time.sleep(0.02)  # the timer has looked, and looks again in 230 ms
started = time.monotonic()
burst = [{make} for _ in range(500)]
for each in burst:
    each.close()
print(time.monotonic() - started < 0.2)
"""
    for _ in range(5):  # until the machine gave it the time to be a burst
        ran = run(tmp_path, program)
        assert (ran.status, ran.snapshots) == (0, ["threshold-400.pkl"]), ran.errors
        if ran.output == "True\n":
            break
        (tmp_path / "threshold-400.pkl").unlink()
    else:
        pytest.skip("too slow a machine to make 500 descriptors in 200 ms")
    assert pyhandles.load(tmp_path / "threshold-400.pkl").header.limits["open"] >= 400


@native_only("its timer alone looks")
@pytest.mark.parametrize(("limit", "share"), [(64, 80), (100, 90), (256, 99)])
def test_a_burst_that_ends_at_the_limit(tmp_path: Path, limit: int, share: int) -> None:
    """Where few are left between the number and the limit, every one of them is looked at in time."""
    program = f"""
import contextlib, resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))
install("threshold:{share}%")
burst = []
with contextlib.suppress(OSError):
    while True:
        burst.append(socket.socket())
burst.clear()
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (0, [f"threshold-{share}%.pkl"]), ran.errors


def test_several_numbers_at_once_each_when_it_is_reached(tmp_path: Path) -> None:
    program = f"""{UNTIL_THERE_IS_ONE}
install("threshold:60", "threshold:120", cooldown=0)
few = [os.dup(0) for _ in range(70)]
wait_for(1)
print(*os.listdir(directory))
many = [os.dup(0) for _ in range(70)]
wait_for(2)
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.output) == (0, "threshold-60.pkl\n"), ran.errors
    assert ran.snapshots == ["threshold-120.pkl", "threshold-60.pkl"]


def test_it_fires_again_when_the_number_has_been_below(tmp_path: Path) -> None:
    program = f"""{UNTIL_THERE_IS_ONE}
install("threshold:60", cooldown=0)
for round in (1, 2):
    held = [os.dup(0) for _ in range(70)]
    wait_for(round)
    for fd in held:
        os.close(fd)
    time.sleep(0.6)
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (0, ["threshold-60-2.pkl", "threshold-60.pkl"]), ran.errors


@native_only("a forked child of a service has no thread that looks")
def test_a_forked_child_watches_from_the_first_descriptor_that_it_makes(tmp_path: Path) -> None:
    program = f"""{UNTIL_THERE_IS_ONE}
install("threshold:60", cooldown=0)
if os.fork() == 0:
    open("/dev/null").close()
    held = [os.dup(0) for _ in range(70)]  # which the hook does not hear
    wait_for(1)
    os.write(1, str(os.getpid()).encode())
    os._exit(0)
os.wait()
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.snapshots) == (0, ["threshold-60.pkl"]), ran.errors
    assert pyhandles.load(tmp_path / "threshold-60.pkl").header.process["pid"] == int(ran.output)


@native_only("it has no audit hook")
def test_where_another_audit_hook_refuses_ours_the_timer_looks(tmp_path: Path) -> None:
    program = f"""{UNTIL_THERE_IS_ONE}
def refuse(event, arguments):
    if event == "sys.addaudithook":
        print("refused")
        raise RuntimeError("no hooks here")
sys.addaudithook(refuse)
install("threshold:60")
held = [open("/dev/null") for _ in range(70)]
wait_for(1)
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.output, ran.errors) == (0, "refused\n", "")


def test_after_uninstall_nothing_looks(tmp_path: Path) -> None:
    program = """
with install("threshold:60"):
    pass
held = [open("/dev/null") for _ in range(70)]
time.sleep(0.6)
if os.fork() == 0:
    more = [open("/dev/null") for _ in range(70)]
    print(len(os.listdir("/proc/self/task")), flush=True)
    os._exit(0)
os.wait()
"""
    ran = run(tmp_path, program)
    assert (ran.status, ran.output, ran.snapshots) == (0, "1\n", []), ran.errors
