"""`calls`, `fd` and `misuse` about programs that were recorded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import EXAMPLES, ask, dumped, python, service

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")


def recorded(folder: Path, source: str) -> Path:
    """Run a program that installs pyhandles and captures; its only snapshot."""
    outcome = service(folder, "import os, socket, threading, pyhandles\n" + source)
    assert outcome.status == 0, outcome
    return outcome.snapshot()


def line_of(snapshot: Path, text: str) -> str:
    """Where this text stands in the program, as a site begins."""
    lines = snapshot.with_name("app.py").read_text(encoding="utf-8").splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if text in line]
    return f"app.py:{number} in "


def rows(snapshot: Path, command: str) -> list[dict[str, Any]]:
    return ask(snapshot, f"{command} --limit 10000")[0]["rows"]


COUNTED = """
MISSING = "/no/such/file"

def open_some(number):
    fds = []
    for _ in range(number):
        fds.append(os.open(os.devnull, os.O_RDONLY))
    return fds

def close_all(fds):
    for fd in fds:
        os.close(fd)

def fail(number):
    for _ in range(number):
        try:
            os.open(MISSING, os.O_RDONLY)
        except OSError:
            pass

pyhandles.install(on=(), record=True, quiet=True)
close_all(open_some(30))
fail(7)
child = os.fork()
if child == 0:
    close_all(open_some(5))
    os._exit(0)
os.waitpid(child, 0)
pyhandles.capture("it.pkl")
"""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("counted"), COUNTED)


def test_calls_are_counted_by_line_those_of_forked_children_apart(counted: Path):
    told = {
        (row["call"], row["site"], row["children"]): (row["count"], row["errors"])
        for row in rows(counted, "calls")
        if row["site"].startswith("app.py") and row["call"] in {"open", "close"}
    }

    opens = f"{line_of(counted, 'fds.append(')}open_some"
    closes = f"{line_of(counted, '    os.close(')}close_all"
    fails = f"{line_of(counted, 'os.open(MISSING')}fail"
    assert told == {
        ("open", opens, False): (30, {}),
        ("close", closes, False): (30, {}),
        ("open", fails, False): (7, {"ENOENT": 7}),
        ("open", opens, True): (5, {}),
        ("close", closes, True): (5, {}),
    }


def test_the_sums_are_those_of_the_rows(counted: Path):
    by_line, by_call, by_site = ask(counted, *(f"calls {by} --limit 10000" for by in ("", "--by call", "--by site")))

    assert by_line["own"] == by_call["own"] == by_site["own"]
    for answer in (by_line, by_call, by_site):
        assert sum(row["count"] for row in answer["rows"] if not row["children"]) == answer["own"]["count"]
        assert sum(row["count"] for row in answer["rows"] if row["children"]) == answer["children"]["count"] == 10
    assert [row["seconds"] > 0 for row in by_call["rows"]]


@pytest.mark.parametrize("limit", [1024, 4096])
def test_a_close_storm_is_named_with_its_line_and_the_share_that_failed(tmp_path: Path, limit: int):
    outcome = dumped(tmp_path, "-o", "it.pkl", "--record", "--", EXAMPLES / "close_storm.py", limit=limit)
    assert outcome.status == 0, outcome
    [row] = [row for row in rows(outcome.snapshot(), "calls --errors --call close") if row["note"]]

    assert (row["children"], row["count"]) == (True, 3 * (limit - 3))
    assert re.match(r"close_storm\.py:\d+ in detach", row["site"])
    storm = re.fullmatch(
        r"close storm: (\S+) closes of never-opened numbers from `detach\(\)` at close_storm\.py:\d+, "
        rf"fd 3 to {limit - 1} one after the other; (\S+)% of (\S+) closes failed; "
        r"use `os\.closerange` or `close_fds`",
        row["note"],
    )
    assert storm
    never, share, closes = (float(text.replace(",", "")) for text in storm.groups())
    # The numbers that were open, those of this test's runner among them, or had been, are a few.
    assert 0.8 * closes < never <= row["errors"]["EBADF"] <= closes == row["count"]
    assert share == pytest.approx(row["errors"]["EBADF"] / closes * 100, abs=0.1)


def test_the_fixed_one_is_no_storm(tmp_path: Path):
    outcome = dumped(tmp_path, "-o", "it.pkl", "--record", "--", EXAMPLES / "close_storm.py", "--fixed", limit=1024)
    found = rows(outcome.snapshot(), "calls")

    assert not [row["note"] for row in found if row["note"]]
    assert sum(row["count"] for row in found if row["children"]) < 20


LIFE = """
def make():
    return socket.socket()

def take_it():
    free.wait()
    taken.append(make())
    given.set()
    done.wait()

pyhandles.install(on=(), record=True, quiet=True)
free, given, done, taken = threading.Event(), threading.Event(), threading.Event(), []
taker = threading.Thread(target=take_it, name="taker")
taker.start()
first = make()
number = first.fileno()
spare = os.open(os.devnull, os.O_RDONLY)
copy = os.dup(number)
first.close()
os.close(spare)
free.set()
given.wait()
assert taken[0].fileno() == number
open("numbers", "w").write(f"{number} {copy} {spare}")
pyhandles.capture("it.pkl")
done.set()
"""


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("life"), LIFE)


def numbers(snapshot: Path) -> list[int]:
    """Those that the program has written down."""
    return [int(each) for each in snapshot.with_name("numbers").read_text(encoding="utf-8").split()]


def test_the_biography_of_a_number_that_was_given_out_again(life: Path):
    number, copy, spare = numbers(life)
    [told] = ask(life, f"fd {number}")
    make, take_it = f"{line_of(life, 'return socket.socket()')}make", f"{line_of(life, 'taken.append')}take_it"

    assert (told["fd"], told["state"], told["opened_at"]) == (number, "open", make)
    assert [site for site in told["stack"] if site.startswith("app.py")] == [make, take_it]
    assert (told["opening"]["call"], told["opening"]["thread"], told["opening"]["process"]) == ("socket", "taker", None)
    lived = [(event["call"], event["fd"], event["thread"], event["between"]) for event in told["events"]][-5:]
    assert lived[0][0] == "socket"
    assert lived[1][1] == copy
    assert lived[2:] == [
        ("close", number, "MainThread", False),
        ("close", spare, "MainThread", True),
        ("socket", number, "taker", False),
    ]
    assert all(event["stack"] for event in told["events"])
    times = [event["time"] for event in told["events"]]
    assert times == sorted(times)
    assert told["misuses"] == []


def test_the_biography_of_a_closed_number(life: Path):
    spare = numbers(life)[2]
    # open("numbers") was given it since, and has been closed, too.
    [told] = ask(life, f"fd {spare}")

    assert (told["state"], told["handle"], told["opening"], told["stack"]) == ("closed", None, None, [])
    assert {"open", "close"} <= {event["call"] for event in told["events"]}


def test_what_a_forked_child_has_was_opened_by_its_parent(tmp_path: Path):
    source = """
pyhandles.install(on=(), record=True, quiet=True)
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    pyhandles.capture("child.pkl")
    os._exit(0)
os.waitpid(child, 0)
open("numbers", "w").write(f"{reader} {os.getpid()}")
"""
    snapshot = recorded(tmp_path, source)
    reader, parent = numbers(snapshot)
    [told] = ask(snapshot, f"fd {reader}")

    assert told["opening"]["process"] == parent
    assert told["opened_at"] == f"{line_of(snapshot, 'os.pipe()')}<module>"


TWICE = """
import tempfile

def store():
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    with os.fdopen(descriptor, "wb"):
        pass
    try:
        os.close(descriptor)
    except OSError:
        pass

pyhandles.install(on=(), record=True, quiet=True)
for _ in range(20):
    store()
pyhandles.capture("it.pkl")
"""


def test_a_double_close_has_both_closes_and_the_opening(tmp_path: Path):
    snapshot = recorded(tmp_path, TWICE)
    [row] = rows(snapshot, "misuse")

    assert (row["kind"], row["call"], row["count"]) == ("double close", "close", 20)
    assert row["site"] == row["use"]["stack"][0] == f"{line_of(snapshot, 'os.close(')}store"
    assert row["closed"]["site"] == f"{line_of(snapshot, 'with os.fdopen(')}store"
    assert any(site.endswith("in mkstemp") for site in row["opened"]["stack"])
    assert row["opened"]["time"] < row["closed"]["time"] < row["use"]["time"]
    summary, told = ask(snapshot, "summary", f"fd {row['fd']}")
    assert summary["misuse"] == {"double close": 20}
    assert told["misuses"] == [row]


def test_a_late_use_has_three_stacks(tmp_path: Path):
    widened = "write@recycled_fd.py:send=5"
    outcome = dumped(tmp_path, "-o", "it.pkl", "--record", "--widen", widened, "--", EXAMPLES / "recycled_fd.py")
    [row] = [row for row in rows(outcome.snapshot(), "misuse") if row["kind"] == "late use"]

    assert row["call"] == "write"
    assert row["use"]["site"].endswith("in Link.send")
    assert row["closed"]["site"].endswith("in Link.reconnect")
    # The journal is given the number, or the thread that accepts the new connection.
    assert re.search(r"in (Link\.reconnect|collect)$", row["opened"]["site"])
    assert row["use"]["thread"] != row["closed"]["thread"]


def test_a_correct_program_has_none(counted: Path):
    misuse, summary = ask(counted, "misuse", "summary")

    assert misuse["rows"] == []
    assert summary["misuse"] == {}


@pytest.mark.parametrize("command", ["calls", "fd 0", "misuse"])
def test_where_nothing_was_recorded_one_line_says_how_to(tmp_path: Path, command: str):
    recorded(tmp_path, 'pyhandles.capture("it.pkl")')
    outcome = python("-m", "pyhandles", "shell", "it.pkl", "-c", command, cwd=tmp_path)

    assert (outcome.status, outcome.out) == (1, "")
    [line] = outcome.err.splitlines()
    assert line.startswith("pyhandles: nothing was recorded")
    assert "record=True" in line
