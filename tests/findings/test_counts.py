from __future__ import annotations

import pytest

from pyhandles.findings.counts import counts
from tests.heap import Heap


def heap() -> Heap:
    heap = Heap()
    for _ in range(3):
        heap.object("app.Small", size=16)
    heap.object("app.Large", size=5000)
    heap.object("lib.Small", size=100)
    return heap


def test_types_are_counted_with_their_bytes_most_objects_first():
    first, *others = [row for row in counts(heap().snapshot()).rows if row.name != "type"]

    assert (first.name, first.count, first.size) == ("app.Small", 3, 48)
    assert {(row.name, row.count, row.size) for row in others} == {("app.Large", 1, 5000), ("lib.Small", 1, 100)}


def test_most_bytes_come_first_on_request():
    rows = counts(heap().snapshot(), by_size=True).rows

    assert [row.size for row in rows] == sorted((row.size for row in rows), reverse=True)
    assert rows[0].name == "app.Large"


def test_every_object_is_counted_once_whatever_it_is_counted_by():
    snapshot = heap().snapshot()

    for by in ("type", "module"):
        rows = counts(snapshot, by=by).rows
        assert sum(row.count for row in rows) == snapshot.n_objects
        assert sum(row.size for row in rows) == snapshot.sizes.sum()
        assert sum(row.share for row in rows) == pytest.approx(1)


def test_a_module_counts_the_objects_of_its_types():
    rows = {row.name: row for row in counts(heap().snapshot(), by="module").rows}

    assert (rows["app"].count, rows["app"].size, rows["app"].types) == (4, 5048, 2)
    assert (rows["lib"].count, rows["lib"].types) == (1, 1)
    assert rows["app"].address is None


def test_a_type_comes_with_its_address():
    tiny = heap()
    rows = {row.name: row for row in counts(tiny.snapshot()).rows}

    assert rows["app.Small"].address == tiny.address(tiny.type("app.Small"))


def test_a_part_says_how_long_the_whole_is():
    snapshot = heap().snapshot()
    whole = counts(snapshot)
    part = counts(snapshot, limit=1, offset=1)

    assert part.rows == whole.rows[1:2]
    assert (part.total, part.offset) == (whole.total, 1)
