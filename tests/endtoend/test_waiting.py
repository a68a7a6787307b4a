"""`threads` and `polls` of a real program: on which file each call is, whatever has got its number meanwhile."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask as answer
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot
from tests.collectors import native_only
from tests.endtoend.service import ask, python

pytestmark = native_only("the kernel is not asked")

PROGRAM = Path(__file__).with_name("waiting.py")
WORKERS = 100
TRIALS = 5

Row = dict[str, Any]


@pytest.fixture(scope="module", params=[(), ("--record",)], ids=["not recorded", "recorded"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Row, Path]:
    """The numbers by what they are for, and the snapshot.

    A service does not wait for what looks at its threads when the machine is too busy; then it is run again.
    """
    for _ in range(TRIALS):
        place = tmp_path_factory.mktemp("waiting")
        outcome = python(PROGRAM, "waiting.pkl", *request.param, cwd=place)
        assert outcome.status == 0, outcome
        if Snapshot.open(place / "waiting.pkl").header.kernel["waits"] is None:
            break
    return json.loads(outcome.out), place / "waiting.pkl"


@pytest.fixture(scope="module")
def numbers(run: tuple[Row, Path]) -> dict[str, int]:
    return run[0]


@pytest.fixture(scope="module")
def answers(run: tuple[Row, Path]) -> tuple[Row, Row]:
    threads, polls = ask(run[1], "threads", "polls")
    return threads, polls


@pytest.fixture(scope="module")
def waits(answers: tuple[Row, Row]) -> dict[str, Row]:
    return {row["name"]: row["wait"] for row in answers[0]["rows"]}


@pytest.fixture(scope="module")
def sets(answers: tuple[Row, Row]) -> dict[int | str, Row]:
    """By number of the epoll, or by name of the thread in poll or select."""
    return {row["set"] if row["set"] is not None else row["threads"][0]: row for row in answers[1]["rows"]}


@pytest.mark.parametrize(
    ("name", "call"), [("receives on closed", "recvfrom"), ("receives with a timeout on closed", "poll")]
)
def test_a_call_on_what_was_closed_is_told_though_another_socket_has_its_number(
    name: str, call: str, waits: dict[str, Row], numbers: dict[str, int]
):
    wait = waits[name]
    [line] = [at for at, text in enumerate(PROGRAM.read_text().splitlines(), 1) if text.endswith("# receiving")]

    assert wait["call"].removeprefix("p") == call.removeprefix("p")
    assert (wait["fd"], wait["reaches"]) == (numbers[name], "closed")
    assert wait["target"].startswith("udp 127.0.0.1:")
    assert wait["place"] == f"receiving() at waiting.py:{line}"


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("receives", {"recvfrom"}),
        ("accepts", {"accept", "accept4"}),
        ("reads a makefile", {"recvfrom"}),
        ("reads a pipe", {"read"}),
        ("waits in an epoll", {"epoll_wait", "epoll_pwait", "epoll_pwait2"}),
    ],
)
def test_a_call_on_what_is_open_is_on_what_stands_at_its_number(
    name: str, calls: set[str], waits: dict[str, Row], numbers: dict[str, int]
):
    wait = waits[name]

    assert wait["call"] in calls
    assert (wait["fd"], wait["reaches"]) == (numbers[name], "now")
    assert wait["seconds"] > 0


def test_a_call_with_a_bare_number_is_certain_at_most_by_what_was_recorded(
    waits: dict[str, Row], numbers: dict[str, int]
):
    wait = waits["reads a number"]

    assert (wait["call"], wait["fd"]) == ("read", numbers["reads a number"])
    assert wait["reaches"] == ("now" if "before the thread fell asleep" in wait["evidence"] else "unknown")


def test_the_other_end_is_told(waits: dict[str, Row]):
    assert re.fullmatch(r"fd \d+ of this process", waits["reads a makefile"]["end"])
    assert re.fullmatch(r"fd \d+ of this process", waits["reads a pipe"]["end"])


def test_what_poll_and_select_were_given_is_told(
    waits: dict[str, Row], sets: dict[int | str, Row], numbers: dict[str, int]
):
    for name, given in (("polls", ["receives", "reads a number"]), ("selects", ["accepts"])):
        expected = sorted(numbers[each] for each in given)
        assert sorted(each["fd"] for each in waits[name]["watching"]) == expected
        assert sorted((each["fd"], each["state"]) for each in sets[name]["watched"]) == [(fd, "ok") for fd in expected]


def test_a_registration_that_outlived_its_number_is_stale(sets: dict[int | str, Row], numbers: dict[str, int]):
    found = sets[numbers["waits in an epoll"]]

    assert found["threads"] == ["waits in an epoll"]
    assert found["holder"] == "global epoll of __main__"
    assert {each["fd"]: each["state"] for each in found["watched"]} == {
        numbers["stale"]: "stale",
        numbers["fine"]: "ok",
    }
    [problem] = found["problems"]
    assert f"fd {numbers['duplicate']} of this process" in problem
    assert problem.endswith("so its events still arrive")


def test_an_event_loops_set_is_recognised_with_what_is_its_own(sets: dict[int | str, Row]):
    [loop] = [row for row in sets.values() if row["role"] == "epoll of the running event loop"]
    roles = {each["role"] for each in loop["watched"]}

    assert loop["threads"] == ["runs a loop"]
    assert roles == {"self-pipe of the running event loop", "listening socket of an asyncio Server"}
    assert (loop["problems"], loop["selector_only"], loop["kernel_only"]) == ([], [], [])


def test_threads_without_python_are_told_too(answers: tuple[Row, Row]):
    others = answers[0]["native_threads"]

    assert {wait["call"] for wait in others} <= {"pause", "rt_sigsuspend", "ppoll"}
    assert len(others) == 2
    assert answers[0]["waits_unseen"] is None


def test_all_workers_are_one_entry_as_text_and_each_is_in_json(run: tuple[Row, Path], waits: dict[str, Row]):
    lines = [text.plain for text in text_lines(answer(Session(Snapshot.open(run[1]), "it.pkl"), "threads"), None)]

    assert len([name for name in waits if name.startswith("worker-")]) == WORKERS
    assert len([line for line in lines if line.startswith(f"{WORKERS} threads alike: worker-")]) == 1
    assert len([line for line in lines if "in works" in line]) == 1
