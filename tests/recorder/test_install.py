"""``install(record=…)`` and ``--record``: what begins, what ends, and what a forked child has to do with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import dumped, service

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")

PRELUDE = """
import os, sys
import pyhandles
from pyhandles.errors import PyhandlesError

def work(times):
    for _ in range(times):
        os.close(os.open("/dev/null", os.O_RDONLY))

def opened_by_work(in_children=False):
    return sum(
        each.calls - each.errors
        for each in pyhandles.calls().sites
        if (each.call, each.in_children) == ("open", in_children) and str(each.site).endswith(" in work")
    )
"""


def run(tmp_path: Path, source: str, **options) -> list[str]:
    """Run a program with these helpers; what it printed."""
    outcome = service(tmp_path, PRELUDE + source, **options)
    assert (outcome.status, outcome.err) == (0, ""), outcome
    return outcome.out.splitlines()


def test_recorded_is_what_happens_between_install_and_uninstall(tmp_path: Path):
    source = """
work(1)
pyhandles.install(on=(), record=True)
work(3)
print(opened_by_work())
pyhandles.uninstall()
work(5)
print(pyhandles.calls().opens)
with pyhandles.install(on=(), record=8, misuse="off"):
    print(opened_by_work())
    work(7)
    print(opened_by_work())
print(pyhandles.calls().opens)
"""
    assert run(tmp_path, source) == ["3", "None", "0", "7", "None"]


def test_a_second_install_with_the_same_arguments_goes_on_and_with_others_is_an_error(tmp_path: Path):
    source = """
pyhandles.install(on=(), record=True)
work(3)
pyhandles.install(on=(), record=16)
print(opened_by_work())
for others in ({}, {"record": False}, {"record": 4}, {"record": True, "misuse": "raise"}):
    try:
        pyhandles.install(on=(), **others)
    except PyhandlesError as error:
        print(error)
work(1)
print(opened_by_work())
"""
    refused = ["pyhandles is installed already, with other arguments"] * 4
    assert run(tmp_path, source) == ["3", *refused, "4"]


def test_where_a_trigger_cannot_be_set_nothing_is_recorded_either(tmp_path: Path):
    source = """
import threading
def install():
    try:
        pyhandles.install(on=("signal:USR1",), record=True)
    except PyhandlesError as error:
        print(error)
thread = threading.Thread(target=install)
thread.start()
thread.join()
print(pyhandles.calls().opens)
pyhandles.install(on=(), record=True)
work(2)
print(opened_by_work())
"""
    assert run(tmp_path, source) == ["signal:USR1 can be installed from the main thread only", "None", "2"]


def test_a_forked_child_is_counted_apart(tmp_path: Path):
    source = """
pyhandles.install(on=(), record=True)
work(2)
child = os.fork()
if child == 0:
    work(5)
    os._exit(0)
os.waitpid(child, 0)
print(opened_by_work(), opened_by_work(in_children=True))
before = pyhandles.calls()
work(1)
after = pyhandles.calls()
print(after.opens - before.opens, after.closes - before.closes)
"""
    assert run(tmp_path, source) == ["2 5", "1 1"]


def test_workers_of_multiprocessing_are_forked_children(tmp_path: Path):
    source = """
import multiprocessing
pyhandles.install(on=(), record=True)
with multiprocessing.get_context("fork").Pool(2) as pool:
    pool.map(work, [5, 5, 5, 5])
print(opened_by_work(), opened_by_work(in_children=True))
"""
    assert run(tmp_path, source) == ["0 20"]


def test_a_forked_child_that_installs_for_itself_counts_for_itself(tmp_path: Path):
    source = """
pyhandles.install(on=(), record=True)
work(2)
child = os.fork()
if child == 0:
    work(1)
    pyhandles.install(on=(), record=4)
    print(opened_by_work(), opened_by_work(in_children=True))
    work(5)
    print(opened_by_work(), opened_by_work(in_children=True), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(opened_by_work(), opened_by_work(in_children=True))
work(1)
print(opened_by_work())
"""
    assert run(tmp_path, source) == ["0 0", "5 0", "2 1", "3"]


def test_a_forked_child_that_uninstalls_leaves_the_parent_alone(tmp_path: Path):
    source = """
pyhandles.install(on=(), record=True)
child = os.fork()
if child == 0:
    pyhandles.uninstall()
    work(5)
    os._exit(0)
os.waitpid(child, 0)
work(1)
print(opened_by_work(), opened_by_work(in_children=True))
"""
    assert run(tmp_path, source) == ["1 0"]


def test_the_portable_collector_does_not_record(tmp_path: Path):
    source = """
try:
    pyhandles.install(on=(), record=True)
except PyhandlesError as error:
    print(error)
    print(error.hint)
pyhandles.install(on=())
print(pyhandles.calls().opens)
"""
    assert run(tmp_path, source, PYHANDLES_COLLECTOR="portable") == [
        "recording needs the extension, and the portable collector captures here",
        "leave record=True or --record out",
        "None",
    ]


def test_record_takes_no_word_that_is_the_programs(tmp_path: Path):
    (tmp_path / "4").write_text("import sys; print(sys.argv)")
    outcome = dumped(tmp_path, "--quiet", "--record", "4", "--record")
    assert (outcome.status, outcome.out) == (0, "['4', '--record']\n")


def test_widen_names_the_call_that_may_have_been_meant(tmp_path: Path):
    outcome = dumped(tmp_path, "--record", "--widen", "clsoe@app.py:f=5", "-c", "print('never')")
    assert (outcome.status, outcome.out, outcome.snapshots) == (2, "", [])
    assert outcome.err == "pyhandles: clsoe is no call that is recorded (did you mean close?)\n"


def test_widen_delays_the_calls_of_the_program(tmp_path: Path):
    source = "import os, time\ndef f():\n    before = time.monotonic()\n    os.close(os.dup(0))\n"
    source += "    print(time.monotonic() - before >= 0.3)\nf()"
    (tmp_path / "app.py").write_text(source)
    outcome = dumped(tmp_path, "--quiet", "--record", "--widen", "close@app.py:f=300", "app.py")
    assert (outcome.status, outcome.out) == (0, "True\n"), outcome


def test_a_snapshot_says_how_deep_it_was_recorded(tmp_path: Path):
    assert dumped(tmp_path, "--record=4", "-o", "it.pkl", "-c", "pass").status == 0
    outcome = dumped(tmp_path, "--record", "--misuse", "off", "-o", "other.pkl", "-c", "pass")
    assert outcome.status == 0
    recorders = [outcome.plain(name).header["recorder"] for name in ("it.pkl", "other.pkl")]
    assert [(each["depth"], each["misuse"]) for each in recorders] == [(4, "report"), (16, "off")]
