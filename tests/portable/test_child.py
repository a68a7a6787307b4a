"""The child that the portable collector captures in, whatever the service's threads do when it is made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.endtoend.service import Outcome, service
from tests.portable import gil

EVERYTHING = """
import gc, os, signal, sys
import pyhandles
sys.path.insert(0, os.environ["PYTHONPATH"])
from tests.portable.everything import everything, wait_in_a_thread

held = everything()
held.append(held)
goes_on = wait_in_a_thread([held])
"""


def run(folder: Path, source: str, **environment: str) -> Outcome:
    return service(folder, source, PYHANDLES_COLLECTOR="portable", **environment)


@pytest.fixture
def gil_is_kept(tmp_path: Path) -> dict[str, str]:
    """An environment in which the child ends where it gives up the GIL, and says where that was."""
    folder = tmp_path / "preload"
    folder.mkdir()
    return {"LD_PRELOAD": str(gil.build(folder)), "GIVEN_UP": str(tmp_path / "given-up")}


def assert_kept(outcome: Outcome, snapshots: int) -> None:
    given_up = outcome.directory / "given-up"
    assert not given_up.exists(), given_up.read_text()
    assert (outcome.status, len(outcome.snapshots)) == (0, snapshots), outcome.err


def test_the_child_never_gives_up_the_gil_nor_imports_in_a_program_that_has_imported_nothing(tmp_path, gil_is_kept):
    outcome = run(
        tmp_path,
        """
        import pyhandles
        pyhandles.capture("snapshot.pkl")
        """,
        **gil_is_kept,
    )

    assert_kept(outcome, 1)


@pytest.mark.parametrize("options", ["keys='all'", "redact=True", "keys='none', cooldown=0, maximum=3"])
def test_the_child_never_gives_up_the_gil_in_a_program_that_has_everything(tmp_path, gil_is_kept, options):
    outcome = run(
        tmp_path,
        EVERYTHING
        + f"""
signal.signal(signal.SIGUSR1, lambda *_: None)
pyhandles.install("{{pid}}-{{trigger}}.pkl", on=("signal:USR1",), {options})
pyhandles.capture("first.pkl")
os.kill(os.getpid(), signal.SIGUSR1)
gc.freeze()
pyhandles.uninstall()
pyhandles.capture("second.pkl")
goes_on.set()
os._exit(0)
""",
        **gil_is_kept,
    )

    assert_kept(outcome, 3)


def test_the_child_never_gives_up_the_gil_where_it_fails(tmp_path, gil_is_kept):
    outcome = run(
        tmp_path,
        """
        import os
        import pyhandles
        os.mkdir("gone")
        pyhandles.install("gone/snapshot.pkl", on=("exit",))
        os.rmdir("gone")
        """,
        **gil_is_kept,
    )

    assert_kept(outcome, 0)
    assert outcome.err == (
        f"pyhandles: could not make the output file {tmp_path}/gone/snapshot.pkl: No such file or directory; "
        "no snapshot\n"
    )


def test_sixteen_threads_that_capture_at_once_each_leave_a_snapshot(tmp_path):
    outcome = run(
        tmp_path,
        """
        import threading
        import pyhandles
        threads = [threading.Thread(target=pyhandles.capture, args=(f"{number}.pkl",)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """,
    )

    assert (outcome.status, outcome.err) == (0, "")
    assert len(outcome.snapshots) == 16


def test_a_capture_leaves_the_switch_interval_and_the_collector_as_they_were(tmp_path):
    outcome = run(
        tmp_path,
        """
        import gc, sys, threading
        import pyhandles
        sys.setswitchinterval(0.003)
        threads = [threading.Thread(target=pyhandles.capture, args=(f"{number}.pkl",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(sys.getswitchinterval(), gc.isenabled())
        gc.disable()
        pyhandles.capture("last.pkl")
        print(sys.getswitchinterval(), gc.isenabled())
        """,
    )

    assert outcome.out == "0.003 True\n0.003 False\n"
    enabled = [outcome.plain(f"{number}.pkl").header["gc"]["enabled"] for number in (0, 1, 2, 3, "last")]
    assert enabled == [True, True, True, True, False]


def test_a_child_that_stands_still_is_ended_and_reported_in_one_line(tmp_path):
    outcome = run(
        tmp_path,
        """
        import ctypes
        import pyhandles
        from pyhandles.dump.portable import child, collector
        from pyhandles.errors import PyhandlesError
        child._LONGEST_STALL = 5
        collector.capture_snapshot = lambda *_, **__: ctypes.PyDLL(None).pause()
        try:
            pyhandles.capture("snapshot.pkl")
        except PyhandlesError as error:
            print(error)
        """,
    )

    assert outcome.out.startswith("the capture stood still")
    assert len(outcome.out.splitlines()) == 1
    assert not outcome.snapshots


def test_the_programs_tools_for_tracing_are_not_called_in_the_child(tmp_path):
    """They would write to files, or speak with a debugger, on behalf of a process that is none."""
    outcome = run(
        tmp_path,
        """
        import os, sys
        import pyhandles
        parent = os.getpid()
        called = os.open("called", os.O_WRONLY | os.O_CREAT)

        def note(*_):
            if os.getpid() != parent:
                os.write(os.open("called", os.O_WRONLY), b"in the child")

        def trace(*_):
            note()
            return trace

        pyhandles.install("{trigger}.pkl", on=("emfile",))
        sys.settrace(trace)
        sys.setprofile(note)
        if sys.version_info >= (3, 12):
            sys.monitoring.use_tool_id(1, "test")
            sys.monitoring.register_callback(1, sys.monitoring.events.PY_START, note)
            sys.monitoring.set_events(1, sys.monitoring.events.PY_START)
        pyhandles.capture("snapshot.pkl")
        """,
    )

    assert (outcome.status, outcome.err, len(outcome.snapshots)) == (0, "", 1)
    assert os.path.getsize(tmp_path / "called") == 0
