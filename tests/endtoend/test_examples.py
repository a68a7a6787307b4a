"""Each example ends by itself in EMFILE, and its snapshot names what the example says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.service import EXAMPLES, ask, dumped, python


def answers(tmp_path: Path, example: str, holder: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run an example out of descriptors; returns the rows that have this holder, and `identify` of the last."""
    outcome = dumped(tmp_path, "--limit", "64", "--", EXAMPLES / example)
    assert outcome.status == 1
    assert "OSError: [Errno 24] Too many open files" in outcome.err
    snapshot = outcome.snapshot("*-emfile.pkl")
    [listed] = ask(snapshot, "io list")
    rows = [row for row in listed["rows"] if row["holder"] == holder]
    [identified] = ask(snapshot, f"identify {rows[-1]['fd']}")
    return rows, identified


def test_files_are_kept_by_the_tracebacks_of_failures(tmp_path: Path):
    rows, identified = answers(tmp_path, "leaky_files.py", "local variable file of read_orders()")
    assert len(rows) > 50
    assert {row["kind"] for row in rows} == {"file"}
    assert "__traceback__" in str(identified["tree"])
    assert identified["cycles"] == []


def test_pooled_connections_are_kept_by_a_global_variable(tmp_path: Path):
    rows, identified = answers(tmp_path, "leaky_pool.py", "Connection.sock")
    assert len(rows) > 50
    assert identified["verdict"]["kind"] == "rooted"
    assert any("POOL" in root and "global" in root for root in identified["roots"])
    assert identified["cycles"] == []


def test_streams_are_kept_by_the_local_variable_of_a_coroutine(tmp_path: Path):
    outcome = dumped(tmp_path, "--limit", "64", "--", EXAMPLES / "leaky_asyncio.py")
    assert outcome.status == 1
    assert "socket.accept() out of system resource" in outcome.err
    snapshot = outcome.snapshot("*-emfile.pkl")
    [listed] = ask(snapshot, "io list")
    sockets = [row for row in listed["rows"] if "CLOSE_WAIT" in row["target"]]
    assert len(sockets) > 40
    [identified] = ask(snapshot, f"identify {sockets[20]['fd']}")
    assert identified["verdict"]["kind"] != "garbage"
    assert any("streams" in root and "watch" in root for root in identified["roots"])


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_an_example_ends_by_itself_whether_or_not_anyone_captures(tmp_path: Path, example: str):
    with_few = python(EXAMPLES / example, cwd=tmp_path, limit=64)
    assert with_few.status == 1
    assert "Too many open files" in with_few.err


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_an_example_says_how_to_run_it_and_how_the_collector_is_set(example: str):
    text = (EXAMPLES / example).read_text(encoding="utf-8")
    assert f"python -m pyhandles.dump --limit 64 -- examples/{example}" in text
    assert "garbage collector" in text
    assert ("gc.disable()" in text) == ("is disabled" in text)
