from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pyhandles.graph.folding import Folding
from pyhandles.graph.slices import Slice, cut, loops
from tests.heap import Heap

NO_END = frozenset().__contains__


def slice_above(heap: Heap, start: int, **options: int) -> Slice:
    return cut(Folding(heap.snapshot()), start, NO_END, **options)


def test_a_slice_is_a_networkx_graph_of_the_references_above():
    heap = Heap()
    value = heap.instance("app.Value")
    inner = heap.list(value, value)
    outer = heap.list(inner)

    slice_ = slice_above(heap, value)

    assert slice_.graph.is_multigraph()
    assert sorted(slice_.graph.edges()) == [(inner, value), (inner, value), (outer, inner)]


def test_fan_in_is_bounded_and_what_is_left_out_is_counted():
    heap = Heap()
    value = heap.instance("app.Value")
    for _ in range(10):
        heap.list(value)

    bounded, unbounded = slice_above(heap, value, fan_in=3), slice_above(heap, value)

    assert (len(bounded.above(value)), bounded.more(value)) == (3, 7)
    assert (len(unbounded.above(value)), unbounded.more(value)) == (10, 0)


def test_the_way_is_followed_where_breadth_has_to_end():
    heap = Heap()
    value = heap.instance("app.Value")
    chain = value
    way = []
    for _ in range(30):
        for _ in range(5):
            heap.list(chain)
        above = heap.list(chain)
        chain = above
    folding = Folding(heap.snapshot())
    target = value
    while above := [step for step in folding.referrers(target) if any(folding.referrers(step.source))]:
        way.append(above[0])
        target = above[0].source

    assert way[-1].source in cut(folding, value, NO_END, way=way).graph
    assert way[-1].source not in cut(folding, value, NO_END).graph


def test_one_shortest_loop_for_each_component():
    heap = Heap()
    value = heap.instance("app.Value")
    one, two, three = (heap.instance("app.A") for _ in range(3))
    heap.refer(one, ".value", value)
    heap.refer(two, ".one", one)
    heap.refer(one, ".two", two)
    heap.refer(three, ".two", two)
    heap.refer(one, ".three", three)
    heap.refer(value, ".me", value)

    found = loops(slice_above(heap, value), bool)

    assert [[step.source for step in loop] for loop in found] == [[value], [one, two]]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40), st.integers(1, 4))
def test_more_depth_and_more_fan_in_never_show_less(references, fan_in):
    heap = Heap()
    objects = [heap.object("object") for _ in range(10)]
    for source, target in references:
        heap.refer(objects[source], "[0]", objects[target])
    slices = [slice_above(heap, objects[0], depth=depth, fan_in=fan_in) for depth in range(6)]
    wider = slice_above(heap, objects[0], depth=5, fan_in=fan_in + 1)

    for less, more in [*itertools.pairwise(slices), (slices[-1], wider)]:
        assert set(less.graph.edges(keys=True)) <= set(more.graph.edges(keys=True))
