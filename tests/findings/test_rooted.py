from __future__ import annotations

from pyhandles.findings.rooted import root_list
from pyhandles.format import RootKind
from tests.heap import Heap


def test_every_kind_of_root_is_told_in_its_own_words():
    heap = Heap()
    conn, callback, hook = heap.instance("app.Conn"), heap.instance("app.Callback", held=2), heap.dict()
    heap.frame("serve", line=62, thread="worker-3", conn=conn)
    heap.module("app")
    heap.root(hook, RootKind.INTERPRETER, "gc.callbacks")
    heap.hold(hook)
    context = heap.instance("contextvars.Context", held=1)
    heap.root(context, RootKind.THREAD, "current context")
    rows = {row.object.index: (row.kind, row.name) for row in root_list(heap.snapshot()).page.rows}

    assert ("module", "app") in rows.values()
    assert ("frame", "serve() at app.py:62 in thread worker-3") in rows.values()
    assert rows[hook] == ("interpreter", "gc.callbacks")
    assert rows[context] == ("thread", "current context")
    assert rows[callback] == ("native", "2 references not accounted for")


def test_what_is_immortal_is_counted_and_listed_on_request():
    heap = Heap()
    eternal = heap.instance("app.Ordinary"), heap.object("app.Eternal", immortal=True)
    snapshot = heap.snapshot()
    everything, immortal = root_list(snapshot), root_list(snapshot, kind="immortal")

    assert "immortal" not in {row.kind for row in everything.page.rows}
    assert everything.kinds["immortal"] == immortal.page.total == len(immortal.page.rows)
    assert eternal[1] in {row.object.index for row in immortal.page.rows}
    assert eternal[0] not in {row.object.index for row in immortal.page.rows}


def test_an_object_is_counted_for_the_root_that_is_nearest():
    heap = Heap()
    shared = heap.instance("app.Shared")
    near, far = heap.module("near", x=shared), heap.module("far", y=heap.list(heap.list(shared)))
    rows = {row.object.index: row for row in root_list(heap.snapshot(), kind="module").page.rows}

    assert rows[near].nearest == 3  # itself, its dict, the shared object
    assert rows[far].nearest == 4  # itself, its dict, the two lists
    assert rows[far].references == 1


def test_objects_are_counted_for_their_root_however_far_they_are():
    heap = Heap()
    last = heap.instance("app.Node")
    for _ in range(1000):
        last, before = heap.instance("app.Node"), last
        heap.refer(last, ".next", before)
    module = heap.module("app", first=last)
    [row] = root_list(heap.snapshot(), kind="module").page.rows

    assert row.object.index == module
    assert row.nearest == 1003


def test_roots_are_chosen_by_kind_and_name():
    heap = Heap()
    heap.module("app.pool")
    heap.module("app.client")
    heap.frame("pool")
    snapshot = heap.snapshot()

    assert [row.name for row in root_list(snapshot, kind="module", name="POOL").page.rows] == ["app.pool"]
    assert {row.kind for row in root_list(snapshot, name="pool").page.rows} == {"module", "frame"}


def test_garbage_has_no_root():
    heap = Heap()
    one, other = heap.instance("app.One"), heap.instance("app.Other")
    heap.refer(one, ".other", other)
    heap.refer(other, ".one", one)
    rows = root_list(heap.snapshot()).page.rows

    assert not {one, other} & {row.object.index for row in rows}
