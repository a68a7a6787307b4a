from __future__ import annotations

from unittest import mock

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhandles.graph import cycles
from pyhandles.graph.cycles import loop_that_keeps
from pyhandles.graph.roots import Roots
from tests.heap import Heap


def labels(heap: Heap, target: int, **options: bool) -> list[str]:
    snapshot = heap.snapshot()
    loop = loop_that_keeps(snapshot, target, **options)
    return [] if loop is None else [snapshot.label(step.row).text for step in loop.steps]


def test_the_loop_of_a_closure_that_holds_its_owner():
    heap = Heap()
    sock = heap.socket(7)
    connection = heap.instance("app.Connection")
    function = heap.function("app.on_closed", closure={"conns": heap.list(connection)})
    heap.refer(connection, ".sock", sock)
    heap.refer(connection, ".on_closed", function)

    assert labels(heap, sock) == ["attribute .on_closed", "closure variable conns", "item [0]"]
    assert len(labels(heap, sock, raw=True)) == 5
    assert [step.target for step in loop_that_keeps(heap.snapshot(), sock).down] == [sock]


def test_an_object_that_refers_to_itself():
    heap = Heap()
    one = heap.instance("app.A")
    heap.refer(one, ".me", one)

    assert labels(heap, one) == ["attribute .me"]


def test_the_shortest_of_several_loops():
    heap = Heap()
    one, two, three = (heap.instance("app.A") for _ in range(3))
    heap.refer(one, ".long", two)
    heap.refer(two, ".long", three)
    heap.refer(three, ".long", one)
    heap.refer(two, ".short", one)

    assert labels(heap, one) == ["attribute .long", "attribute .short"]


def test_what_is_reachable_has_no_loop_that_keeps_it():
    heap = Heap()
    one = heap.instance("app.A", held=1)
    heap.refer(one, ".me", one)

    assert loop_that_keeps(heap.snapshot(), one) is None


def test_garbage_outside_of_any_cycle_has_none():
    heap = Heap()
    below = heap.instance("app.A")
    heap.list(below)

    assert loop_that_keeps(heap.snapshot(), below) is None


def test_types_count_where_only_they_close_the_loop():
    heap = Heap()
    class_ = heap.type("app.Local")
    heap._objects[class_].held = 0
    instance = heap.instance("app.Local")
    heap.refer(class_, ".registry", instance)

    assert labels(heap, instance) == ["type", "attribute .registry"]


def test_in_a_large_cycle_one_loop_through_the_hub_stands_for_all(monkeypatch):
    monkeypatch.setattr(cycles, "MAX_SEEN", 3)
    heap = Heap()
    pool, idle = heap.instance("app.Pool"), heap.list()
    heap.refer(pool, ".idle", idle)
    socks = []
    for position in range(5):
        connection, inner = heap.instance("app.Connection"), heap.instance("app.Inner")
        heap.refer(idle, f"[{position}]", connection)
        heap.refer(connection, ".inner", inner)
        heap.refer(inner, ".pool", pool)
        socks.append(heap.socket(7 + position))
        heap.refer(inner, ".sock", socks[-1])
    snapshot = heap.snapshot()

    loops = cycles.loops_that_keep(snapshot, socks)

    texts = [[snapshot.label(step.row).text for step in (*loop.steps, *loop.down)] for loop in loops]
    assert {text[0] for text in texts} <= {"attribute .idle", "attribute .inner", "attribute .pool", "item [0]"}
    assert len({frozenset(step.row for step in loop.steps) for loop in loops}) == 1
    assert [loop.down[-1].target for loop in loops] == socks


@pytest.mark.parametrize("most", [cycles.MAX_SEEN, 1])
@given(references=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24))
def test_every_loop_is_closed_and_made_of_references(most, references):
    with mock.patch.object(cycles, "MAX_SEEN", most):
        _hold_every_loop_to_the_references(references, shortest=most > 1)


def _hold_every_loop_to_the_references(references: list[tuple[int, int]], *, shortest: bool) -> None:
    heap = Heap()
    objects = [heap.object("object") for _ in range(8)]
    for source, target in references:
        heap.refer(objects[source], "[0]", objects[target])
    snapshot = heap.snapshot()
    above = {index: {index} for index in range(8)}
    for _ in range(8):
        for source, target in references:
            above[target] |= above[source]
    cyclic = {
        index for index in range(8) for source, target in references if target == index and index in above[source]
    }

    for index, each in enumerate(objects):
        assert snapshot.derive(Roots).is_garbage(each)
        loop = loop_that_keeps(snapshot, each)
        assert (loop is not None) == bool(above[index] & cyclic)
        if loop:
            assert [step.target for step in loop.steps] == [step.source for step in (*loop.steps[1:], loop.steps[0])]
            chain = [loop.steps[0].source, *(step.target for step in loop.down)]
            assert chain[-1] == each
            for step in (*loop.steps, *loop.down):
                assert snapshot.targets[step.row] == step.target
                assert step.row in snapshot.rows_of(step.source)
            if shortest:
                start = objects.index(loop.steps[0].source)
                distances = nx.single_source_shortest_path_length(nx.DiGraph(references), start)
                back = [distances[source] for source, target in references if target == start and source in distances]
                assert len(loop.steps) == min(back) + 1
