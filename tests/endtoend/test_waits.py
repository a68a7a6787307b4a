"""What the threads of a program wait for is in its snapshot, whatever the program may not do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pyhandles.format import WaitState
from pyhandles.snapshot import Snapshot
from tests.collectors import PORTABLE
from tests.endtoend.service import python

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector: the kernel is not asked")

PROGRAM = Path(__file__).with_name("every_wait.py")
ORDINARY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all")


def run(place: Path, *options: str, **settings: Any) -> tuple[dict[str, Any], Snapshot]:
    """What the program says and what it was seen to do; once more where a busy machine had no time for looking."""
    for attempt in range(5):
        outcome = python(PROGRAM, f"waits-{attempt}.pkl", *options, cwd=place, **settings)
        assert outcome.status == 0, outcome
        snapshot = Snapshot.open(place / f"waits-{attempt}.pkl")
        if "time" not in (snapshot.header.kernel["waits"] or ""):
            break
    return json.loads(outcome.out), snapshot


def assert_all_is_told(said: dict[str, Any], snapshot: Snapshot) -> None:
    waits = {wait.native: wait for wait in snapshot.waits}
    own = waits.pop(said["own"])
    told = {native: (wait.call, [wait.fd, wait.other]) for native, wait in waits.items()}
    watched: dict[int, list[int]] = {native: [] for native in waits}
    for watch in snapshot.watches:
        if watch.set == -1:
            watched[watch.native].append(watch.fd)

    for native, (name, calls, fd, numbers) in said["threads"].items():
        call, fds = told.pop(int(native))
        assert call in calls, name
        assert (name, fds) == (name, fd if isinstance(fd, list) else [fd, -1])
        assert (name, sorted(watched[int(native)])) == (name, numbers)
    assert not told
    assert (own.state, own.call) == (WaitState.RUNNING, None)
    assert snapshot.header.kernel["waits"] is None
    assert said["same"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="with all that a program may"),
        pytest.param(["--at-limit"], id="with no descriptor left"),
        pytest.param(["--refuse-unshare"], id="where unshare is refused"),
        pytest.param(["--refuse-empty-table", "--at-limit"], id="where the kernel has no close_range"),
    ],
)
@pytest.mark.parametrize("manner", ["by a child", "in place"])
def test_each_threads_call_with_its_descriptor_and_what_it_watches(
    place: Path, manner: str, options: list[str]
) -> None:
    assert_all_is_told(*run(place, *options, *["--in-place"] * (manner == "in place")))


def test_for_how_long_they_have_slept_is_told_and_never_too_much(place: Path) -> None:
    said, snapshot = run(place)
    asleep = [wait.asleep / 1e9 for wait in snapshot.waits if wait.state == WaitState.CALL and wait.asleep >= 0]

    assert asleep
    assert all(0 < seconds < said["seconds"] for seconds in asleep)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_it_takes_no_privilege(place: Path) -> None:
    if python("-c", "", cwd=place, prefix=ORDINARY).status != 0:
        pytest.skip("other users cannot run this Python")
    assert_all_is_told(*run(place, "--at-limit", prefix=ORDINARY))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_what_the_kernel_hides_from_a_program_that_has_changed_its_user_is_said_to_be_unseen(place: Path) -> None:
    said, snapshot = run(place, "--drop-privileges")

    assert "has changed its user" in snapshot.header.kernel["waits"]
    assert {wait.state for wait in snapshot.waits if wait.native != said["own"]} == {WaitState.UNSEEN}


def test_where_neither_way_to_a_table_of_its_own_is_left_the_rest_of_the_capture_is_made(place: Path) -> None:
    said, snapshot = run(place, "--refuse-unshare", "--refuse-empty-table")

    assert "a descriptor table apart: Operation not permitted" in snapshot.header.kernel["waits"]
    assert len(snapshot.waits) == 0
    assert len(snapshot.descriptors) > 0
    assert said["same"]
