"""The ledger closes: on a program that opens every kind of descriptor there is, and on each example."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import EXAMPLES, ROOT, ask, dumped

FOR_THE_PRIVILEGED = {
    "a_map_of_bpf",
    "a_ring",
    "block_device",
    "fanotify",
    "netlink",
    "packets",
    "page_faults",
    "performance",
    "vsock",
}
"""Kinds that a machine may not have, or not permit."""

UNKNOWN_TO_PYTHON = {"dir", "file"} if PORTABLE else set()
"""The portable collector cannot read the number of a mapping or of a directory that is being read: Python does not tell
it, so that such a descriptor seems to be native code's."""


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """What the program says, the rows of `io list`, and the ledger; it inherits a pipe."""
    folder = tmp_path_factory.mktemp("every")
    reading, writing = os.pipe()
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("every_kind.py")],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        pass_fds=[reading],
        timeout=120,
        check=False,
    )
    os.close(reading), os.close(writing)
    assert done.returncode == 0, done.stderr.decode()
    listed, ledger = ask(folder / "every.pkl", "io list", "ledger")
    return json.loads(done.stdout), listed["rows"], ledger


def test_everything_that_a_machine_has_is_there(every_kind):
    said, _, _ = every_kind
    assert {name for name, _ in said["left_out"]} <= FOR_THE_PRIVILEGED
    assert "inherited" in {class_ for _, _, class_, _ in said["rows"]}


def test_the_sum_of_the_classes_is_the_number_that_the_kernel_has(every_kind):
    said, rows, ledger = every_kind

    assert ledger["total"] == sum(ledger["classes"].values()) == said["count"]
    assert [row["fd"] for row in rows if row["fd"] is not None] == sorted(number for number, *_ in said["rows"])
    assert ledger["stale"] == 1


def test_each_class_is_right(every_kind):
    said, rows, ledger = every_kind
    told = {row["fd"]: row["class"] for row in rows}

    for number, kind, class_, _ in said["rows"]:
        unknown = kind in UNKNOWN_TO_PYTHON and class_ == "owned"
        assert told[number] in ({class_, "native"} if unknown else {class_}), rows[number]
    counts = Counter(class_ for fd, class_ in told.items() if fd is not None)
    assert counts == Counter({name: count for name, count in ledger["classes"].items() if count})


def test_each_kind_is_right(every_kind):
    said, rows, _ = every_kind
    told = {row["fd"]: row["kind"] for row in rows}

    for number, kind, _, _ in said["rows"]:
        assert kind in {None, told[number]}, rows[number]


def test_the_likely_holder_of_each_number_is_named(every_kind):
    said, rows, _ = every_kind
    told = {row["fd"]: row["holder"] for row in rows}

    for number, _, class_, holder in said["rows"]:
        if class_ == "raw":
            assert told[number].endswith(" (likely)")
            assert holder in {None, told[number]}
        elif class_ in {"native", "standard", "inherited"}:
            assert told[number] is None


@pytest.mark.parametrize(
    ("example", "kind", "class_"),
    [
        ("leaky_files.py", "file", "owned"),
        ("leaky_pool.py", "socket", "owned"),
        ("leaky_asyncio.py", "socket", "owned"),
        ("leaky_http_client.py", "socket", "garbage"),
    ],
)
def test_the_ledger_of_an_example_closes(tmp_path: Path, example: str, kind: str, class_: str):
    outcome = dumped(tmp_path, "--limit", "64", "--", EXAMPLES / example)
    snapshot = outcome.snapshot("*-emfile.pkl")
    [ledger, listed] = ask(snapshot, "ledger", f"io list --class {class_} --kind {kind}")

    assert ledger["total"] == sum(ledger["classes"].values()) == len(ask(snapshot, "io list")[0]["rows"])
    assert ledger["limit"] == 64
    assert ledger["total"] == outcome.plain("*-emfile.pkl").header["limits"]["open"]
    assert ledger["classes"]["standard"] == 3
    assert ledger["classes"]["raw"] == ledger["classes"]["native"] == ledger["stale"] == 0
    assert len(listed["rows"]) > 20


def test_every_example_is_there():
    assert len(list(EXAMPLES.glob("leaky_*.py"))) == 4
