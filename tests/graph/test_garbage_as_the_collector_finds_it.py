"""Real heaps, captured by the native collector: garbage is exactly what `gc.collect()` then finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhandles.format import ObjectFlag
from pyhandles.graph.roots import Roots
from pyhandles.snapshot import Snapshot
from tests.endtoend.service import ROOT
from tests.graph import any_heap

pytest.importorskip("pyhandles.dump._native", reason="the extension is not built")

KINDS = sorted(any_heap.KINDS)
NUMBERS = st.integers(0, 11)
HEAPS = st.builds(
    lambda objects, references, holders: {
        "objects": objects,
        "references": [(source % len(objects), target % len(objects)) for source, target in references],
        "holders": [(holder, number % len(objects)) for holder, number in holders],
    },
    st.lists(st.sampled_from(KINDS), min_size=1, max_size=12),
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=24),
    st.lists(st.tuples(st.sampled_from(any_heap.HOLDERS), NUMBERS), max_size=4),
)


class Outcome(NamedTuple):
    """Of one heap: what pyhandles says, and what the collector."""

    snapshot: Snapshot
    garbage: set[int]
    held: list[int]
    native: list[int]

    def is_garbage(self) -> set[int]:
        is_garbage = ~self.snapshot.derive(Roots).reachable & ((self.snapshot.flags & ObjectFlag.TRACKED) != 0)
        return set(self.snapshot.addresses[is_garbage].tolist())

    def held_natively(self) -> set[int]:
        roots = self.snapshot.derive(Roots)
        indices = {address: self.snapshot.at_address(address) for address in self.held}
        return {address for address, index in indices.items() if index is not None and roots.is_held_natively(index)}


class Builder:
    """A process that builds heaps."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def build(self, description: dict[str, Any]) -> Outcome:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "heap.pkl"
            assert self._process.stdin
            assert self._process.stdout
            print(json.dumps(description | {"path": str(path)}), file=self._process.stdin, flush=True)
            answer = json.loads(self._process.stdout.readline())
            return Outcome(Snapshot.open(path), set(answer["garbage"]), answer["held"], answer["native"])


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", any_heap.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    )
    with process:
        yield Builder(process)
        assert process.stdin
        process.stdin.close()
    assert process.returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_object_in_a_cycle_of_its_own_is_garbage(builder: Builder, kind: str):
    found = builder.build({"objects": [kind], "references": [(0, 0)], "holders": []})

    assert found.garbage
    assert found.is_garbage() == found.garbage


@pytest.mark.parametrize("holder", [each for each in any_heap.HOLDERS if each != "weak"])
def test_what_anything_holds_is_no_garbage_and_only_native_code_is_blamed_on_it(builder: Builder, holder: str):
    found = builder.build({"objects": ["instance"], "references": [(0, 0)], "holders": [(holder, 0)]})

    assert found.is_garbage() == found.garbage == set()
    assert found.held_natively() == set(found.held if holder == "native" else [])


def test_a_weak_reference_holds_nothing(builder: Builder):
    found = builder.build({"objects": ["instance"], "references": [(0, 0)], "holders": [("weak", 0)]})

    assert len(found.garbage) == 2
    assert found.is_garbage() == found.garbage


@given(HEAPS)
def test_garbage_of_any_heap_is_what_the_collector_finds(builder: Builder, description: dict[str, Any]):
    found = builder.build(description)

    assert found.is_garbage() == found.garbage
    assert found.held_natively() == set(found.native)
