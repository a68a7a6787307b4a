"""What the recorder tells is what happened: against strace, and against what the kernel says is open.

One program opens and closes in every way, in sections that are divided by marks (``every_way.py``, ``ways/``).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.collectors import PORTABLE
from tests.native.plain import Plain
from tests.recorder.deeds import Sections, Seen, only_in
from tests.recorder.known_limits import LIMITS, is_known
from tests.recorder.recording import recorded
from tests.recorder.tracing import command, seen_by_strace

pytestmark = pytest.mark.skipif(PORTABLE, reason="the recorder is part of the extension")

ROOT = Path(__file__).parents[2]
DOCUMENTATION = ROOT / "docs" / "recording.md"
LATE = Path(__file__).parent / "late"
HIGHEST = 1000
"""No number that the program opens is as high."""


@dataclass
class Story:
    """What the program did, as it was told."""

    recorded: Sections
    open: dict[str, set[int]]
    """Way to the numbers that were open after it."""
    snapshot: Plain
    traced: Sections | None = None


def build_late(folder: Path) -> None:
    target = folder / f"late{sysconfig.get_config_var('EXT_SUFFIX')}"
    flags = ["-w", "-O2", "-D_FORTIFY_SOURCE=2", "-shared", "-fPIC", f"-I{sysconfig.get_path('include')}"]
    sources = [LATE / "ways.c", LATE / "module.c"]
    subprocess.run(["cc", *flags, *sources, "-o", target, "-lutil", "-lrt", "-ldl", "-pthread"], check=True, timeout=60)


def story(folder: Path, *, traced: bool) -> Story:
    build_late(folder)
    work = folder / "work"
    work.mkdir()
    python = [sys.executable, "-m", "tests.recorder.every_way", "snapshot.pkl", "listing.json"]
    process = subprocess.run(
        command(folder / "trace", *python) if traced else python,
        cwd=work,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    snapshot = Plain(work / "snapshot.pkl")
    listed = json.loads((work / "listing.json").read_text())
    told = Story(recorded(snapshot), {name: set(numbers) for name, numbers in listed.items()}, snapshot)
    if traced:
        told.traced = seen_by_strace(folder / "trace", snapshot.header["process"]["pid"])
    return told


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return story(tmp_path_factory.mktemp("plain"), traced=False)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Story:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not on this machine: apt install strace")
    if subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("strace may not trace on this machine")
    return story(tmp_path_factory.mktemp("traced"), traced=True)


def test_every_opening_and_closing_that_strace_saw_is_recorded_and_none_is_invented(traced: Story):
    assert traced.traced is not None
    assert list(traced.recorded) == list(traced.traced)
    missing = {}
    invented = {}
    for name, seen in traced.traced.items():
        if name == "begin" or name in ways_of_limits():
            continue
        missing[name] = [each.text for each in without_limits(seen, traced.recorded[name])]
        invented[name] = [each.text for each in only_in(traced.recorded[name], seen)]
    assert {name: texts for name, texts in missing.items() if texts} == {}
    assert {name: texts for name, texts in invented.items() if texts} == {}


def without_limits(seen: list[Seen], recorded: list[Seen]) -> list[Seen]:
    """What is missing in the recording and may not be: what is made in a known way is closed in one, too."""
    missing = only_in(sorted(seen, key=lambda each: is_known(each.text)), recorded)
    known = [each.deed.fd for each in missing if is_known(each.text) and each.deed.what == "opened"]
    rest = []
    for each in missing:
        if each.deed.what == "closed" and each.deed.fd in known:
            known.remove(each.deed.fd)
        elif not is_known(each.text):
            rest.append(each)
    return rest


@pytest.mark.parametrize("name", [name for limit in LIMITS for name in limit.ways])
def test_a_known_limit_is_one_still_and_nothing_is_invented_in_it(traced: Story, name: str):
    assert traced.traced is not None
    assert only_in(traced.traced[name], traced.recorded[name]), "it is seen: no limit any longer"


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_the_documentation_names_every_known_limit(limit):
    assert f"| `{limit.name}` |" in DOCUMENTATION.read_text()


def ways_of_limits() -> set[str]:
    return {way for limit in LIMITS for way in limit.ways}


def test_what_is_open_after_each_way_is_what_the_recording_leaves_open(plain: Story):
    wrong = {}
    now = plain.open["begin"]
    for name, seen in plain.recorded.items():
        if name == "begin":
            continue
        now = after(now, seen)
        if name in plain.open and now != plain.open[name]:
            if name not in ways_of_limits():
                wrong[name] = sorted(now ^ plain.open[name]), [each.text for each in seen]
            now = plain.open[name]
    assert wrong == {}


def after(numbers: set[int], seen: list[Seen]) -> set[int]:
    """What is open after this was done, where these were open before."""
    now = set(numbers)
    for each in seen:
        if each.deed.what == "opened":
            now.add(each.deed.fd)
        elif each.deed.what == "closed":
            now.discard(each.deed.fd)
        elif each.deed.what.startswith("closed to "):
            now -= set(range(each.deed.fd, min(HIGHEST, int(each.deed.what.split()[-1])) + 1))
    return now


def test_nothing_is_closed_that_was_not_open(plain: Story):
    """Whatever a thread closed was opened before, as the events are in the order in which calls ended."""
    for number, deeds in by_number(plain):
        was_open = number in plain.open["begin"]
        for what, text in deeds:
            assert what == "opened" or was_open, (number, text, deeds)
            was_open = what == "opened"


def by_number(told: Story) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    sections = [
        seen
        for name, seen in told.recorded.items()
        if name not in {"begin", "threads", "late_threads"} | ways_of_limits()
    ]
    events = [each for seen in sections for each in seen if each.deed.what in {"opened", "closed"}]
    for number in sorted({each.deed.fd for each in events}):
        yield number, [(each.deed.what, each.text) for each in events if each.deed.fd == number]


def test_each_descriptor_that_is_open_and_was_not_at_the_start_has_its_opening(plain: Story):
    openings = {row["fd"]: row for row in plain.snapshot.rows("openings")}
    now = {row["fd"] for row in plain.snapshot.rows("descriptors")}
    unseen = {fd for name in ways_of_limits() for fd in plain.open[name]} - set(openings)
    assert set(openings) <= now
    assert now - plain.open["begin"] - set(openings) - unseen == set()
    for row in openings.values():
        assert row["pid"] == plain.snapshot.header["process"]["pid"]


def test_in_all_this_no_misuse_is_told_of(plain: Story):
    rows = plain.snapshot.rows("misuses")
    assert [(row["kind"], row["fd"], plain.snapshot.text(row["call"])) for row in rows] == []
