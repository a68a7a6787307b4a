from __future__ import annotations

from pyhandles.findings.neighbours import Neighbours, inrefs, outrefs
from tests.heap import Heap


def told(found: Neighbours) -> list[tuple[str, str, str | None]]:
    return [(row.label, row.object.text, row.remark) for row in found.page.rows]


def shared() -> tuple[Heap, int, int]:
    """A pool that a module, a closure and a weak reference share, and its list of two connections."""
    heap = Heap()
    pool = heap.instance("app.Pool")
    idle = heap.list(heap.instance("app.Connection"), heap.instance("app.Connection"))
    heap.refer(pool, ".idle", idle)
    heap.module("app", POOL=pool)
    heap.hold(heap.function("app.get", line=9, closure={"pool": pool}))
    heap.refer(heap.object("weakref"), "weak", pool)
    return heap, pool, idle


def test_who_refers_to_an_object_as_the_source_reads():
    heap, pool, _ = shared()
    found = inrefs(heap.snapshot(), pool)

    assert sorted(told(found)) == [
        ("closure variable pool", "function get (app.py:9)", None),
        ("global POOL", "module app", None),
    ]
    assert found.weak == 1
    assert found.page.total == 2


def test_raw_shows_dicts_cells_and_weak_references():
    heap, pool, _ = shared()
    found = inrefs(heap.snapshot(), pool, raw=True)

    assert sorted(told(found)) == [
        ("global POOL", "dict of 1", None),
        ("member cell_contents", "cell", None),
        ("weak reference", "weakref", "weak"),
    ]


def test_what_an_object_refers_to_as_the_source_reads():
    heap, pool, idle = shared()
    function = heap.function("app.put", line=12, closure={"pool": pool})
    snapshot = heap.snapshot()

    assert ("attribute .idle", "list of 2", None) in told(outrefs(snapshot, pool))
    assert told(outrefs(snapshot, pool))[-1] == ("type", "class app.Pool", "background")
    assert ("closure variable pool", "app.Pool", None) in told(outrefs(snapshot, function))
    assert ("closure variable pool", "cell", None) not in told(outrefs(snapshot, function))
    assert [row.label for row in outrefs(snapshot, idle).page.rows[:2]] == ["item [0]", "item [1]"]


def test_a_guess_is_told_as_one():
    heap = Heap()
    thing = heap.instance("app.Thing", held=1)
    frame = heap.frame("app.run", line=3)
    heap.refer(frame, "candidate 0", thing)
    snapshot = heap.snapshot()

    assert ("evaluation stack", "guess") in [(row.label, row.remark) for row in inrefs(snapshot, thing).page.rows]
    assert ("evaluation stack", "guess") in [(row.label, row.remark) for row in outrefs(snapshot, frame).page.rows]


def test_a_page_is_a_part():
    heap = Heap()
    things = [heap.instance("app.Thing") for _ in range(9)]
    many = heap.list(*things)
    config = heap.instance("app.Config")
    for thing in things:
        heap.refer(thing, ".config", config)
    snapshot = heap.snapshot()

    down = outrefs(snapshot, many, limit=2, offset=3)
    assert [row.label for row in down.page.rows] == ["item [3]", "item [4]"]
    up = inrefs(snapshot, config, limit=4, offset=6)
    assert (len(up.page.rows), up.page.total, up.page.more) == (3, 9, 0)


def test_all_of_a_million_are_counted_though_few_are_folded(monkeypatch):
    monkeypatch.setattr("pyhandles.findings.neighbours.MANY", 3)
    heap = Heap()
    config = heap.instance("app.Config")
    for _ in range(9):
        heap.refer(heap.instance("app.Thing"), ".config", config)

    found = inrefs(heap.snapshot(), config, limit=2, offset=1)

    assert (len(found.page.rows), found.page.more, found.exact) == (2, 6, False)
