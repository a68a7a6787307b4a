"""`pyhandles diff` on snapshots of a program that leaks, as it goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.endtoend.service import Outcome, ask, python, script

LEAKS = """
import socket
import pyhandles

class Connection:
    def __init__(self):
        self.sock = socket.socket()

class Pool:
    def __init__(self):
        self.idle = []

POOL = Pool()
pyhandles.install(on=(), quiet=True)
for name in ("first.pkl", "second.pkl", "third.pkl"):
    POOL.idle += [Connection() for _ in range(7)]
    passing = open("/dev/null") if name == "second.pkl" else None
    pyhandles.capture(name)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("diff")
    outcome = python(script(path, LEAKS), cwd=path, limit=64)
    assert outcome.status == 0, outcome
    return path


def compare(folder: Path, *words: str) -> Outcome:
    return python("-m", "pyhandles", "diff", *words, cwd=folder)


def test_it_names_the_cause_and_the_types(folder: Path):
    found = compare(folder, "first.pkl", "third.pkl")

    assert (found.status, found.err) == (0, "")
    lines = found.out.splitlines()
    assert lines[0].endswith("descriptors open; the limit is 64")
    assert any(line.startswith("Both are of one process, pid ") for line in lines)
    [row] = [line for line in lines if "Connection.sock" in line and "→" in line and "POOL.idle" in line][:1]
    assert row.split()[:4] == ["+14", "7", "→", "21"]
    assert "where      __main__.POOL.idle, a list of 21" in lines
    assert "rooted: held by global POOL of module __main__ → Pool.idle → item [0] → Connection.sock." in lines
    assert "cut        each item of Pool.idle" in lines
    assert [line.split()[-2] for line in lines if line.endswith(" *")] == ["__main__.Connection", "socket.socket"]


def test_of_three_what_has_grown_every_time(folder: Path):
    found = compare(folder, "second.pkl", "third.pkl", "first.pkl", "--format", "json")

    document = json.loads(found.out)
    assert document["command"] == "diff second.pkl third.pkl first.pkl"
    assert [each["name"] for each in document["snapshots"]] == ["first.pkl", "second.pkl", "third.pkl"]
    [row] = [row for row in document["clusters"] if row["every_time"]]
    assert (row["counts"], row["change"], row["holder"]) == ([7, 14, 21], "grown", "Connection.sock")
    every_time = [row for row in document["types"] if row["every_time"] and row["owner"]]
    assert {row["type"]: row["counts"] for row in every_time} == {
        "socket.socket": [7, 14, 21],
        "__main__.Connection": [7, 14, 21],
    }


def test_the_shell_says_the_same(folder: Path):
    [answer] = ask(folder / "third.pkl", f"diff {folder / 'first.pkl'}")
    found = json.loads(compare(folder, "first.pkl", "third.pkl", "--format", "json").out)

    assert answer["clusters"] == found["clusters"]
    assert answer["types"] == found["types"]
    assert [Path(each["name"]).name for each in answer["snapshots"]] == ["first.pkl", "third.pkl"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["first.pkl"], "pyhandles: the following arguments are required: SNAPSHOT. `pyhandles diff --help`"),
        (["first.pkl", "none.pkl"], "pyhandles: none.pkl cannot be read: No such file or directory. "),
        (["first.pkl", "./first.pkl"], "pyhandles: ./first.pkl is named twice. Name another snapshot"),
        (["first.pkl", "app.py"], "pyhandles: app.py is not a pyhandles snapshot. "),
    ],
)
def test_bad_input_is_told_in_a_line(folder: Path, words: list[str], line: str):
    found = compare(folder, *words)

    assert (found.status, found.out) == (2, "")
    assert found.err.startswith(line)
    assert found.err.count("\n") == 1


def test_in_the_shell_a_bad_file_fails_the_command_alone(folder: Path):
    words = ["-c", "diff none.pkl", "-c", "diff first.pkl", "-c", "diff second.pkl"]
    found = python("-m", "pyhandles", "shell", "first.pkl", *words, cwd=folder)

    assert found.status == 1
    assert [line.split(". ")[0] for line in found.err.splitlines()] == [
        "pyhandles: none.pkl cannot be read: No such file or directory",
        "pyhandles: first.pkl is named twice",
    ]
    assert "descriptors open" in found.out
