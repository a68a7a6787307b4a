"""Each program is run for real, twice: what pyhandles says of its leak is what its user should be told."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from pyhandles.findings.clusters import Cluster, clusters
from pyhandles.findings.handles import handles
from pyhandles.findings.ledger import Ledger, ledger
from pyhandles.snapshot import Snapshot
from tests.collectors import native_only
from tests.endtoend.service import python, script
from tests.programs.programs import PROGRAMS, SEEN_LESS

SIGNATURES = Path(__file__).with_name("signatures.json")
VERSION = "{}.{}".format(*sys.version_info)


class Found(NamedTuple):
    """What is said of one run; the snapshot is let go.

    open: descriptors, as the kernel counts them. listed: those that have a handle. cluster: that of the first that
    leaked.
    """

    fds: list[int]
    open: int
    listed: int
    ledger: Ledger
    cluster: Cluster


@cache
def run(name: str, times: int, seed: str = "0") -> Found:
    """The program, leaking so many times, in a directory of its own."""
    with TemporaryDirectory(prefix=f"pyhandles-{times}-") as directory:
        folder = Path(directory)
        outcome = python(script(folder, PROGRAMS[name].whole), str(times), cwd=folder, PYTHONHASHSEED=seed)
        assert outcome.status == 0, outcome
        snapshot = Snapshot.open(outcome.snapshot())
    fds = [int(word) for word in outcome.out.split()]
    [cluster] = [each for each in clusters(snapshot) if fds[0] in each.fds]
    listed = sum(each.fd is not None for each in handles(snapshot))
    return Found(fds, snapshot.header.limits["open"], listed, ledger(snapshot), cluster)


def test_there_are_enough():
    assert len(PROGRAMS) >= 40


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[native_only(SEEN_LESS[name])] if name in SEEN_LESS else []) for name in PROGRAMS],
)
def test_what_a_user_is_told(name: str):
    program, found = PROGRAMS[name], run(name, 3)

    assert found.cluster.verdict.kind == program.verdict
    assert found.cluster.holder == program.holder
    assert found.cluster.cut == program.cut
    for text in program.says:
        assert text in found.cluster.verdict.text


@pytest.mark.parametrize("name", [name for name, program in PROGRAMS.items() if program.together])
def test_one_cause_is_one_line(name: str):
    found = run(name, 3)

    assert list(found.cluster.fds) == sorted(found.fds)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_descriptor_is_in_one_class(name: str):
    found = run(name, 3)

    assert sum(found.ledger.classes.values()) == found.ledger.total == found.listed == found.open


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_signature_is_the_same_in_another_run_elsewhere(name: str):
    assert run(name, 3).cluster.signature == run(name, 5, "1").cluster.signature


@native_only("it sees a little less, so that some shapes differ")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_signature_is_the_same_from_release_to_release(name: str):
    """`python -m tests.programs.signatures` writes them anew, where a shape had to change."""
    expected = json.loads(SIGNATURES.read_text())[VERSION]

    assert run(name, 3).cluster.signature == expected[name]
