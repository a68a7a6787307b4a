from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pyhandles.findings.retained import largest, retained
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import Strength, Strengths
from pyhandles.snapshot import Snapshot
from tests.heap import Heap


def test_what_only_the_object_keeps_would_go_with_it():
    heap = Heap()
    pool = heap.instance("app.Pool")
    heap.refer(pool, ".idle", heap.list(*(heap.socket(fd) for fd in (7, 8))))
    heap.refer(pool, ".shared", shared := heap.socket(9))
    for fd in (7, 8, 9):
        heap.tcp(fd)
    heap.module("app", POOL=pool, SHARED=shared)

    found = retained(heap.snapshot(), pool)

    assert (found.objects, found.size, found.fds, found.garbage) == (4, 4 * 48, (7, 8), False)


def test_what_refers_back_goes_too():
    heap = Heap()
    pool, watcher = heap.instance("app.Pool"), heap.instance("app.Watcher")
    heap.refer(pool, ".watcher", watcher)
    heap.refer(watcher, ".pool", pool)
    heap.module("app", POOL=pool)

    assert retained(heap.snapshot(), pool).objects == 2


def test_with_garbage_goes_all_the_garbage_that_it_reaches():
    heap = Heap()
    first, second = heap.instance("app.First"), heap.instance("app.Second")
    heap.refer(first, ".second", second)
    heap.refer(second, ".first", first)
    heap.refer(first, ".sock", heap.socket(7))
    heap.tcp(7)

    found = retained(heap.snapshot(), second)

    assert (found.objects, found.fds, found.garbage) == (3, (7,), True)


def test_the_largest_by_themselves_and_by_what_they_keep():
    heap = Heap()
    table = heap.object("app.Table", size=100)
    heap.refer(table, ".buffer", buffer := heap.object("bytes", size=1_000_000))
    heap.refer(buffer, ".x", heap.object("bytes", size=10))
    heap.module("app", TABLE=table)
    snapshot = heap.snapshot()

    assert largest(snapshot).rows[0].object.index == buffer
    assert [(row.object.index, row.retained) for row in largest(snapshot, retained=True, limit=4).rows][2:] == [
        (table, 1_000_110),
        (buffer, 1_000_010),
    ]
    assert largest(snapshot, limit=2).more == snapshot.n_objects - 2


LABELS = (".x", "[3]", "weak", "candidate 1", "member __globals__", "base", "local v")
OBJECTS = st.shared(st.integers(1, 9), key="objects")
PLACES = OBJECTS.flatmap(lambda count: st.integers(0, count - 1))
REFERENCES = st.lists(st.tuples(PLACES, st.sampled_from(LABELS), PLACES), max_size=25)


def reached_without(snapshot: Snapshot, index: int | None) -> set[int]:
    roots = snapshot.derive(Roots)
    strengths = snapshot.derive(Strengths).of_rows
    sources = np.repeat(np.arange(snapshot.n_objects), np.diff(snapshot.starts)).tolist()
    graph = nx.DiGraph()
    graph.add_edges_from(("root", each) for each in np.flatnonzero((roots.unexplained > 0) | roots.immortal).tolist())
    graph.add_edges_from(("root", each) for each in roots.table)
    for source, target, strength in zip(sources, snapshot.targets.tolist(), strengths.tolist(), strict=True):
        if strength <= Strength.BACKGROUND:
            graph.add_edge(source, target)
    graph.remove_nodes_from([index] if index in graph else [])
    return nx.descendants(graph, "root")


@given(OBJECTS, REFERENCES, st.sets(PLACES, max_size=3), st.sets(PLACES, max_size=2))
def test_exactly_what_no_root_reaches_without_the_object(
    count: int, references: list[tuple[int, str, int]], named: set[int], held: set[int]
):
    heap = Heap()
    objects = [heap.object("app.Thing", held=int(place in held), size=3**place) for place in range(count)]
    for source, label, target in references:
        heap.refer(objects[source], label, objects[target])
    heap.module("app", **{f"v{place}": objects[place] for place in sorted(named)})
    snapshot = heap.snapshot()
    reached = reached_without(snapshot, None)
    by_retained = {row.object.index: row.retained for row in largest(snapshot, retained=True).rows}

    assert by_retained.keys() == reached
    for each in reached:
        freed = reached - reached_without(snapshot, each)
        found = retained(snapshot, each)
        assert found.objects == len(freed)
        assert found.size == sum(int(snapshot.sizes[index]) for index in freed) == by_retained[each]
