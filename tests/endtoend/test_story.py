"""The story: a client leaks sockets until it dies of EMFILE; the snapshot says what holds them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.service import EXAMPLES, Outcome, ask, dumped

STORY = EXAMPLES / "leaky_http_client.py"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return dumped(tmp_path_factory.mktemp("story"), "--limit", "64", "--", STORY)


@pytest.fixture(scope="module")
def rows(story: Outcome) -> list[dict[str, Any]]:
    [document] = ask(story.snapshot(), "io list")
    return document["rows"]


def leaked(rows: list[dict[str, Any]]) -> list[int]:
    return [row["fd"] for row in rows if (row["holder"] or "").endswith("Connection.sock")]


def line_of(text: str) -> int:
    """Where this text stands in the story, from 1."""
    return 1 + [text in line for line in STORY.read_text(encoding="utf-8").splitlines()].index(True)


def lines_of(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for each in tree for line in (each, *lines_of(each["referrers"]))]


def test_it_dies_of_its_own_error_and_says_where_the_snapshot_is(story: Outcome):
    assert story.status == 1
    assert "OSError: [Errno 24] Too many open files" in story.err
    assert f"pyhandles shell {story.snapshot()}" in story.err
    assert re.fullmatch(r"leaky_http_client-\d+-emfile\.pkl", story.snapshot().name)


def test_stderr_tells_the_largest_group_in_one_line(story: Outcome):
    [line] = [line for line in story.err.splitlines() if "64 of 64" in line]
    assert re.search(r"\d+ tcp sockets to 127\.0\.0\.1:\d+", line)


def test_io_list_has_one_row_for_each_descriptor_that_the_kernel_listed(story: Outcome, rows: list[dict[str, Any]]):
    assert [row["fd"] for row in rows if row["fd"] is not None] == list(range(64))
    [summary] = ask(story.snapshot(), "summary")
    assert (summary["open"], summary["soft_limit"], summary["trigger"], summary["errno"]) == (
        64,
        64,
        "emfile",
        "EMFILE",
    )


def test_io_list_names_the_holder_of_each_leaked_socket(rows: list[dict[str, Any]]):
    held = [row for row in rows if row["holder"] == "Connection.sock"]
    assert len(held) > 50
    assert {row["owner"] for row in held} == {"socket.socket"}


def test_identify_of_any_leaked_socket_shows_one_loop_through_its_closure(story: Outcome, rows: list[dict[str, Any]]):
    answers = ask(story.snapshot(), *(f"identify {fd}" for fd in leaked(rows)))
    assert len(answers) > 50
    for answer in answers:
        [loop] = answer["cycles"]
        labels = [step["label"] for step in loop]
        assert "closure variable conns" in labels
        assert "attribute .on_closed" in labels
        circular = [line for line in lines_of(answer["tree"]) if line["seen"] == "circular"]
        assert [line["mark"] for line in circular] == ["*A"]
        assert answer["verdict"]["kind"] == "garbage"


def test_show_of_the_function_in_the_loop_says_where_it_is_defined(story: Outcome, rows: list[dict[str, Any]]):
    fd = leaked(rows)[10]
    [identified] = ask(story.snapshot(), f"identify {fd}")
    [function] = {
        line["object"]["address"]
        for line in lines_of(identified["tree"])
        if line["object"]["type"] == "function" and line["seen"] is None
    }
    [shown] = ask(story.snapshot(), f"show {function}")
    file, _, line = shown["location"].rpartition(":")
    assert Path(file).samefile(STORY)
    assert int(line) == line_of("def on_closed")
    assert shown["name"].endswith("Client.connect.<locals>.on_closed")


def test_the_snapshot_is_the_owners_alone_and_nothing_partial_is_left(story: Outcome):
    assert story.snapshot().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in story.directory.iterdir()] == [story.snapshot().name]


def test_the_package_carries_the_example():
    import pyhandles.demo

    assert pyhandles.demo.STORY.read_text(encoding="utf-8") == STORY.read_text(encoding="utf-8")


def test_demo_shows_summary_leaks_and_identify(tmp_path: Path):
    from tests.endtoend.service import python

    told = python("-m", "pyhandles", "demo", cwd=tmp_path, TMPDIR=str(tmp_path))
    assert told.status == 0, told
    for expected in ("pyhandles> summary", "pyhandles> leaks", "pyhandles> identify", "conns", "*A"):
        assert expected in told.out
