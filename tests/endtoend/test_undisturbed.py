"""A capture leaves no trace in the service: no child to reap, no signal, no descriptor, no thread, no memory."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pyhandles import load
from tests.collectors import PORTABLE
from tests.endtoend.service import Outcome, dumped, script, service
from tests.native.plain import Plain

MANY = 20 if PORTABLE else 180
"""Captures. The portable collector takes long for each."""

IN_A_STORM = 4 if PORTABLE else 100
"""Among 32 busy threads it waits long for each of its turns, too."""


def test_a_service_that_reaps_every_child_notices_nothing(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os, subprocess, threading
        import pyhandles

        reaped, stop = [], threading.Event()

        def reap():
            while not stop.wait(0.001):
                try:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    continue
                if pid:
                    reaped.append(pid)

        reaper = threading.Thread(target=reap)
        reaper.start()
        for number in range(10):
            pyhandles.capture(f"{number}.pkl")
        own = os.fork()
        if own == 0:
            os._exit(0)
        while own not in reaped:
            pass
        stop.set()
        reaper.join()
        print(reaped == [own])
        """,
    )
    assert (outcome.status, outcome.out) == (0, "True\n"), outcome
    assert len(outcome.snapshots) == 10


def test_a_service_that_waits_for_any_child_meets_none(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os, threading
        import pyhandles

        capture = threading.Thread(target=pyhandles.capture, args=("it.pkl",))
        capture.start()
        met = 0
        while capture.is_alive():
            try:
                os.waitpid(-1, 0)
                met += 1
            except ChildProcessError:
                pass
        print(met)
        """,
    )
    assert (outcome.status, outcome.out) == (0, "0\n"), outcome
    assert outcome.snapshot().exists()


def test_a_service_with_a_SIGCHLD_handler_and_a_wakeup_descriptor_notices_nothing(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os, signal, socket, subprocess
        import pyhandles

        caught = []
        signal.signal(signal.SIGCHLD, lambda *_: caught.append("child"))
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        signal.set_wakeup_fd(theirs.fileno())
        for number in range(10):
            pyhandles.capture(f"{number}.pkl")
        try:
            woken = ours.recv(100)
        except BlockingIOError:
            woken = b""
        print(caught, woken)
        subprocess.run(["true"])
        print(caught, ours.recv(100))
        """,
    )
    assert outcome.status == 0, outcome
    assert outcome.out.splitlines() == ["[] b''", "['child'] b'\\x11'"]
    assert len(outcome.snapshots) == 10


NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


@pytest.fixture
def in_a_namespace() -> tuple[str, ...]:
    """The command that starts another as the first process of a PID namespace of its own."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    for command in (NAMESPACE, (*NAMESPACE, "--user", "--map-root-user")):
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    pytest.skip("this machine does not permit PID namespaces")


@pytest.mark.parametrize("ending", ["pass", "raise ValueError", "fill()"])
def test_the_first_process_of_a_container_leaves_a_complete_snapshot_at_its_death(
    tmp_path: Path, in_a_namespace: tuple[str, ...], ending: str
):
    app = script(
        tmp_path,
        f"""
        import os

        assert os.getpid() == 1
        heap = [[number] for number in range(300_000)]

        def fill():
            while True:
                os.dup(0)

        {ending}
        """,
    )
    outcome = dumped(tmp_path, "--limit", "64", "--", app, prefix=in_a_namespace)
    assert (outcome.status == 0) == (ending == "pass"), outcome
    trigger = "emfile" if ending == "fill()" else "exit"
    assert outcome.snapshot().name == f"app-1-{trigger}.pkl"
    assert load(outcome.snapshot()).summary().objects > 300_000


def test_a_storm_of_threads_during_many_captures(tmp_path: Path):
    outcome = service(
        tmp_path,
        f"""
        import os, random, subprocess, threading
        import pyhandles

        stop = threading.Event()

        def allocate():
            kept = []
            while not stop.is_set():
                kept.append({{str(len(kept)): [object() for _ in range(100)]}})
                if len(kept) > 1000:
                    kept.clear()

        def open_files():
            while not stop.is_set():
                with open(__file__) as file:
                    file.read()

        def start_threads():
            while not stop.is_set():
                thread = threading.Thread(target=sum, args=([1, 2],))
                thread.start()
                thread.join()

        def start_processes():
            while not stop.is_set():
                assert subprocess.run(["true"]).returncode == 0
                stop.wait(0.05)

        failures = []
        threading.excepthook = failures.append
        work = (allocate, open_files, start_threads, start_processes)
        threads = [threading.Thread(target=work[number % 4]) for number in range(32)]
        for thread in threads: thread.start()
        for number in range({IN_A_STORM}):
            pyhandles.capture(f"{{number:03}}.pkl")
            os.utime(f"{{number:03}}.pkl")
        stop.set()
        for thread in threads: thread.join()
        print(failures)
        """,
        timeout=280,
    )
    assert (outcome.status, outcome.out) == (0, "[]\n"), outcome
    assert len(outcome.snapshots) == IN_A_STORM
    for path in (outcome.snapshots[0], outcome.snapshots[-1]):
        assert load(path).summary().objects > 0


def test_captures_from_many_threads_at_once_each_leave_a_file(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import threading
        import pyhandles

        threads = [threading.Thread(target=pyhandles.capture, args=(f"{n}.pkl",)) for n in range(16)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """,
    )
    assert outcome.status == 0, outcome
    assert outcome.err == ""
    assert len([Plain(path) for path in outcome.snapshots]) == 16


@pytest.fixture(scope="module")
def after_many_captures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    """Each count of the process, before the captures and after them."""
    outcome: Outcome = service(
        tmp_path_factory.mktemp("leaks"),
        f"""
        import gc, os, resource, sys, threading, time
        import pyhandles
        from pyhandles.dump.collectors import collector

        def count():
            assert collector().wait(60)
            time.sleep(0.5)
            gc.collect()
            with open("/proc/self/statm") as statm:
                resident = int(statm.read().split()[1]) * resource.getpagesize()
            children = sum(
                len(open(f"/proc/self/task/{{task}}/children").read().split()) for task in os.listdir("/proc/self/task")
            )
            return {{
                "resident": resident,
                "descriptors": len(os.listdir("/proc/self/fd")),
                "threads": len(os.listdir("/proc/self/task")),
                "children": children,
                "objects": len(gc.get_objects()),
                "blocks": sys.getallocatedblocks(),
                "maps": len(open("/proc/self/maps").readlines()),
            }}

        def capture(times):
            for _ in range(times):
                os.unlink(pyhandles.capture("it.pkl"))

        def fill():
            try:
                while True:
                    taken.append(os.dup(0))
            except OSError:
                for fd in taken: os.close(fd)
                taken.clear()

        taken = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        pyhandles.install(on=("emfile",), cooldown=0, maximum=1000, quiet=True)
        capture({MANY // 9})
        fill()
        before = count()
        capture({MANY})
        for _ in range({MANY // 9}):
            fill()
            time.sleep(0.05)
        after = count()
        for name in before:
            print(name, before[name], after[name])
        """,
        timeout=280,
    )
    assert outcome.status == 0, outcome
    return {name: (int(before), int(after)) for name, before, after in map(str.split, outcome.out.splitlines())}


@pytest.mark.parametrize("what", ["descriptors", "threads", "children"])
def test_many_captures_leave_nothing_behind(after_many_captures: dict[str, tuple[int, int]], what: str):
    before, after = after_many_captures[what]
    assert after == before


@pytest.mark.parametrize(("what", "margin"), [("resident", 1_000_000), ("objects", 20), ("blocks", 200), ("maps", 20)])
def test_many_captures_leave_no_memory_behind(after_many_captures: dict[str, tuple[int, int]], what: str, margin: int):
    before, after = after_many_captures[what]
    assert after - before < margin
