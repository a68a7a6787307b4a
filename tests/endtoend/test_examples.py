"""Each example ends by itself in EMFILE, and its snapshot names what the example says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.service import EXAMPLES, ask, dumped, python


@dataclass(frozen=True, slots=True)
class Answers:
    rows: list[dict[str, Any]]
    identified: dict[str, Any]


def answers(tmp_path: Path, example: str, target: str) -> Answers:
    """Run an example out of descriptors: the rows whose target fits, and `identify` of the middle one."""
    outcome = dumped(tmp_path, "--limit", "64", "--", EXAMPLES / example)
    assert outcome.status == 1
    assert "OSError: [Errno 24] Too many open files" in outcome.err
    snapshot = outcome.snapshot("*-emfile.pkl")
    [listed] = ask(snapshot, "io list")
    rows = [row for row in listed["rows"] if re.search(target, row["target"])]
    assert len(rows) > 40
    [identified] = ask(snapshot, f"identify {rows[len(rows) // 2]['fd']}")
    return Answers(rows, identified)


def test_files_are_kept_by_the_tracebacks_of_failures(tmp_path: Path):
    found = answers(tmp_path, "leaky_files.py", r"/orders-\w+/\d{3}\.txt")
    assert {row["kind"] for row in found.rows} == {"file"}
    assert all(row["holder"].startswith("local variable file") for row in found.rows)
    assert found.identified["verdict"]["kind"] == "exception"
    assert "in the traceback of ValueError: invalid literal for int()" in found.identified["verdict"]["text"]
    assert "of import_all() keeps it" in found.identified["verdict"]["text"]


def test_pooled_connections_are_kept_by_a_global_variable(tmp_path: Path):
    found = answers(tmp_path, "leaky_pool.py", "CLOSE_WAIT")
    assert {row["holder"] for row in found.rows} == {"Connection.sock"}
    assert found.identified["verdict"]["kind"] == "rooted"
    assert "global POOL of module __main__" in found.identified["verdict"]["text"]
    assert found.identified["cycles"] == []


def test_streams_are_kept_by_the_local_variable_of_a_coroutine(tmp_path: Path):
    found = answers(tmp_path, "leaky_asyncio.py", "CLOSE_WAIT")
    assert all(re.fullmatch(r"local variable streams\[\d+\]\[\d\] of watch\(\)", row["holder"]) for row in found.rows)
    assert found.identified["verdict"]["kind"] == "frame"
    assert "local variable streams of suspended watch()" in found.identified["verdict"]["text"]


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("leaky_*.py")))
def test_an_example_ends_by_itself_whether_or_not_anyone_captures(tmp_path: Path, example: str):
    with_few = python(EXAMPLES / example, cwd=tmp_path, limit=64)
    assert with_few.status == 1
    assert "Too many open files" in with_few.err


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("leaky_*.py")))
def test_an_example_says_how_to_run_it_and_how_the_collector_is_set(example: str):
    text = (EXAMPLES / example).read_text(encoding="utf-8")
    assert f"python -m pyhandles.dump --limit 64 -- examples/{example}" in text
    assert "garbage collector" in text
    assert ("gc.disable()" in text) == ("is disabled" in text)
