from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pyhandles.findings.blame import Blame, blame
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import Strength, Strengths
from pyhandles.snapshot import Snapshot
from tests.heap import Heap


def connection(heap: Heap, fd: int) -> int:
    one = heap.instance("app.Connection")
    heap.refer(one, ".sock", heap.socket(fd))
    heap.tcp(fd)
    return one


def blames(heap: Heap) -> list[Blame]:
    return list(blame(heap.snapshot()).rows)


def pool(heap: Heap, *fds: int) -> int:
    one = heap.instance("app.Pool")
    heap.refer(one, ".idle", heap.list(*(connection(heap, fd) for fd in fds)))
    return one


def test_the_list_of_a_pool_is_to_blame_not_the_pool_nor_its_module():
    heap = Heap()
    one = pool(heap, 7, 8, 9)
    heap.module("app", POOL=one)

    first, *others = blames(heap)

    assert first.reference == "Pool.idle of global POOL of module app"
    assert (first.handles, first.fds) == (3, (7, 8, 9))
    assert first.source == heap.address(one)
    assert [each.fds for each in others] == [(7,), (8,), (9,)]
    assert [each.reference for each in others] == ["Connection.sock below global POOL of module app"] * 3


def test_what_holds_several_is_told_before_each_of_them():
    heap = Heap()
    application = heap.instance("app.Application")
    heap.refer(application, ".reading", pool(heap, 5, 6))
    heap.refer(application, ".writing", pool(heap, 7, 8, 9))
    heap.module("app", APP=application)

    found = [(each.handles, each.reference) for each in blames(heap) if each.handles > 1]

    assert found == [
        (5, "global APP of module app"),
        (3, "Pool.idle below global APP of module app"),
        (2, "Pool.idle below global APP of module app"),
    ]


def test_an_instance_with_a_dict_is_to_blame_as_a_whole():
    """No program clears the reference from an instance to its ``__dict__``."""
    heap = Heap()
    both, attributes = heap.instance("app.Both"), heap.object("dict")
    heap.refer(both, "member __dict__", attributes)
    for fd, name in ((7, ".reading"), (8, ".writing")):
        heap.refer(attributes, name, heap.socket(fd))
        heap.tcp(fd)
    heap.module("app", BOTH=both)

    assert [(each.fds, each.reference) for each in blames(heap)] == [
        ((7, 8), "global BOTH of module app"),
        ((7,), "Both.reading of global BOTH of module app"),
        ((8,), "Both.writing of global BOTH of module app"),
    ]


def test_a_variable_that_a_closure_shares_with_its_function():
    heap = Heap()
    conns = heap.list(connection(heap, 7), connection(heap, 8))
    cell = heap.object("cell")
    heap.refer(cell, "member cell_contents", conns)
    heap.frame("main", line=3, conns=cell)
    inner = heap.function("app.inner")
    cells = heap.object("tuple")
    heap.refer(inner, "member __closure__", cells)
    heap.refer(cells, "closure conns", cell)
    heap.module("app", inner=inner)

    first = blames(heap)[0]

    assert first.fds == (7, 8)
    assert "variable conns" in first.reference
    assert first.target == heap.address(conns)


def test_a_file_is_blamed_by_the_reference_to_its_outermost_layer():
    heap = Heap()
    log = heap.instance("app.Log")
    heap.refer(log, ".file", heap.file(7))
    heap.descriptor(7, "/var/log/app.log")
    heap.module("app", LOG=log)

    [found] = blames(heap)

    assert found.reference == "Log.file of global LOG of module app"


def test_what_two_references_hold_is_to_blame_on_neither():
    heap = Heap()
    shared = pool(heap, 7, 8)
    heap.module("app", POOL=shared, SAME=shared)

    first, *_ = blames(heap)

    assert first.reference.startswith("Pool.idle")


def test_a_reference_from_what_it_keeps_itself_does_not_count():
    heap = Heap()
    one = pool(heap, 7, 8)
    back = heap.instance("app.Watcher")
    heap.refer(one, ".watcher", back)
    heap.refer(back, ".pool", one)
    heap.refer(back, ".sock", heap.socket(9))
    heap.tcp(9)
    heap.module("app", POOL=one)

    assert (blames(heap)[0].reference, blames(heap)[0].fds) == ("global POOL of module app", (7, 8, 9))


def test_garbage_and_what_native_code_holds_has_no_reference_to_blame():
    heap = Heap()
    loop = connection(heap, 7)
    heap.refer(loop, ".me", loop)
    heap.socket(8, held=1)
    heap.tcp(8)

    assert blames(heap) == []


def test_a_descriptor_of_two_owners_is_counted_once():
    heap = Heap()
    pair = heap.instance("app.Pair")
    for label in (".one", ".other"):
        heap.refer(pair, label, heap.socket(7))
    heap.tcp(7)
    heap.module("app", PAIR=pair)

    assert [(each.handles, each.fds) for each in blames(heap)] == [(1, (7,)), (1, (7,))]


def test_a_class_is_kept_by_its_instances_but_its_attribute_is_to_blame():
    heap = Heap()
    registry = heap.type("app.Registry")
    namespace = heap.object("dict")
    heap.refer(registry, "member __dict__", namespace)
    heap.refer(namespace, ".known", heap.list(connection(heap, 7), connection(heap, 8)))
    heap.module("app", Registry=registry, one=heap.instance("app.Registry"))

    assert (blames(heap)[0].reference, blames(heap)[0].handles) == (
        "Registry.known of global Registry of module app",
        2,
    )


# Every claim, tried.

LABELS = (".x", "['k']", "[3]", "set 1", "weak", "candidate 1", "member __globals__")
OBJECTS = st.shared(st.integers(1, 9), key="objects")
PLACES = OBJECTS.flatmap(lambda count: st.integers(0, count - 1))
REFERENCES = st.lists(st.tuples(PLACES, st.sampled_from(LABELS), PLACES), max_size=25)


def random_heap(count: int, references: list[tuple[int, str, int]], named: set[int], held: set[int]) -> Heap:
    """Every second object is a socket."""
    heap = Heap()
    objects = []
    for place in range(count):
        if place % 2:
            objects.append(heap.socket(3 + place, held=int(place in held)))
            heap.tcp(3 + place)
        else:
            objects.append(heap.object("app.Thing", held=int(place in held)))
    for source, label, target in references:
        heap.refer(objects[source], label, objects[target])
    heap.module("app", **{f"v{place}": objects[place] for place in sorted(named)})
    return heap


def released_without(snapshot: Snapshot, row: int) -> set[int]:
    """The descriptors whose owners no root reaches once this reference is gone, and did before."""
    return _owned(snapshot, None) - _owned(snapshot, row)


def _owned(snapshot: Snapshot, without: int | None) -> set[int]:
    roots = snapshot.derive(Roots)
    strengths = snapshot.derive(Strengths).of_rows
    sources = np.repeat(np.arange(snapshot.n_objects), np.diff(snapshot.starts))
    graph = nx.DiGraph([("root", index) for index in np.flatnonzero((roots.unexplained > 0) | roots.immortal).tolist()])
    graph.add_edges_from(("root", index) for index in roots.table)
    for row, (source, target) in enumerate(zip(sources.tolist(), snapshot.targets.tolist(), strict=True)):
        if row != without and strengths[row] <= Strength.BACKGROUND:
            graph.add_edge(source, target)
    reached = nx.descendants(graph, "root")
    return {owner.fd for owner in snapshot.owners if owner.object in reached}


@given(OBJECTS, REFERENCES, st.sets(PLACES, max_size=3), st.sets(PLACES, max_size=2))
def test_without_the_reference_no_root_reaches_exactly_these(
    count: int, references: list[tuple[int, str, int]], named: set[int], held: set[int]
):
    """A class or a module that a live object refers to counts as rooted: such references can only release more."""
    snapshot = random_heap(count, references, named, held).snapshot()
    is_exact = not any(label == "member __globals__" for _, label, _ in references)

    for each in blame(snapshot).rows:
        released = released_without(snapshot, each.row)
        assert each.handles == len(each.fds)
        assert released == set(each.fds) if is_exact else released >= set(each.fds)


@given(OBJECTS, REFERENCES, st.sets(PLACES, max_size=3), st.sets(PLACES, max_size=2))
def test_every_set_that_one_reference_would_release_is_told_once(
    count: int, references: list[tuple[int, str, int]], named: set[int], held: set[int]
):
    data = [each for each in references if each[1] != "member __globals__"]
    snapshot = random_heap(count, data, named, held).snapshot()
    module = snapshot.roots[0].object
    inner = snapshot.rows_of(module)
    rows = [row for row in range(snapshot.n_references) if row not in inner]

    told = [each.fds for each in blame(snapshot).rows]

    assert sorted(told) == sorted({tuple(sorted(fds)) for row in rows if (fds := released_without(snapshot, row))})


def test_what_hangs_on_more_than_one_reference_is_counted_below_the_list():
    heap = Heap()
    one, both = heap.socket(7), heap.socket(8)
    heap.tcp(7)
    heap.tcp(8)
    heap.module("app", POOL=heap.list(one, both), OTHER=heap.list(both))

    found = blame(heap.snapshot())

    assert [each.fds for each in found.rows] == [(7,)]
    assert found.note.startswith("1 other hangs on more than one reference")
