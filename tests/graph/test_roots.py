from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyhandles.format import ObjectFlag, RootKind
from pyhandles.graph.roots import Roots
from tests.heap import Heap


def garbage(heap: Heap, *objects: int) -> list[bool]:
    roots = Roots(heap.snapshot())
    return [roots.is_garbage(index) for index in objects]


def test_a_cycle_that_nothing_else_holds_is_garbage():
    heap = Heap()
    one, other = heap.instance("app.A"), heap.instance("app.B")
    heap.refer(one, ".b", other)
    heap.refer(other, ".a", one)
    below = heap.instance("app.C")
    heap.refer(other, ".c", below)

    assert garbage(heap, one, other, below) == [True, True, True]


def test_what_a_module_reaches_is_no_garbage():
    heap = Heap()
    pool = heap.list(heap.instance("app.A"))
    module = heap.module("app", POOL=pool)

    assert garbage(heap, module, pool, pool - 1) == [False, False, False]


def test_a_reference_that_no_object_accounts_for_holds():
    heap = Heap()
    one, other = heap.instance("app.A", held=1), heap.instance("app.B")
    heap.refer(one, ".b", other)
    heap.refer(other, ".a", one)

    assert garbage(heap, one, other) == [False, False]
    roots = Roots(heap.snapshot())
    assert roots.residue[one] == roots.unexplained[one] == 1
    assert roots.residue[other] == 0
    assert roots.is_held_natively(one)
    assert not roots.is_held_natively(other)


def test_a_variable_of_a_running_frame_holds_and_explains_itself():
    heap = Heap()
    conn = heap.instance("app.Connection")
    heap.frame("handle", conn=conn)
    roots = Roots(heap.snapshot())

    assert not roots.is_garbage(conn)
    assert roots.residue[conn] == 1
    assert roots.unexplained[conn] == 0


def test_a_weak_reference_holds_nothing():
    heap = Heap()
    registry = heap.instance("app.Registry", held=1)
    one = heap.instance("app.A")
    heap.refer(one, ".self", one)
    heap.refer(registry, "weak", one)

    assert garbage(heap, one) == [True]


def test_an_evaluation_stack_that_may_be_stale_explains_but_does_not_hold():
    heap = Heap()
    frame = heap.frame("handle")
    held, stale = heap.instance("app.A", held=1), heap.instance("app.B")
    heap.refer(stale, ".self", stale)
    heap.refer(frame, "candidate 0", held)
    heap.refer(frame, "candidate 1", stale)
    roots = Roots(heap.snapshot())

    assert not roots.is_garbage(held)
    assert not roots.is_held_natively(held)
    assert roots.is_garbage(stale)


def test_references_of_a_suspended_frame_that_are_not_counted_are_not_subtracted():
    heap = Heap()
    counted, deferred = heap.instance("app.A"), heap.instance("app.B")
    first = heap.generator("g", x=counted)
    second = heap.generator("g", x=deferred)
    heap._objects[second].flags |= ObjectFlag.DEFERRED
    heap.refer(counted, ".g", first)
    heap.refer(deferred, ".g", second)
    roots = Roots(heap.snapshot())

    assert roots.residue[counted] == 0
    assert roots.residue[deferred] == 1
    assert not roots.is_garbage(deferred)


def test_immortal_objects_are_reachable_and_hold():
    heap = Heap()
    immortal, held = heap.object("app.A", immortal=True), heap.instance("app.B")
    heap.refer(immortal, ".b", held)
    roots = Roots(heap.snapshot())

    assert not roots.is_garbage(immortal)
    assert not roots.is_garbage(held)
    assert roots.residue[immortal] == 0


def test_a_named_root_accounts_for_its_reference():
    heap = Heap()
    handler = heap.instance("app.Handler", held=1)
    heap.root(handler, RootKind.INTERPRETER, "signal handler")

    assert Roots(heap.snapshot()).unexplained[handler] == 0


@st.composite
def heaps(draw) -> tuple[int, list[tuple[int, int, bool]], list[int]]:
    """Number of objects; references as source, target, is weak; how many native references each has."""
    size = draw(st.integers(1, 12))
    node = st.integers(0, size - 1)
    references = draw(st.lists(st.tuples(node, node, st.booleans()), max_size=30))
    held = draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=size, max_size=size))
    return size, references, held


@given(heaps())
def test_garbage_is_what_no_held_object_reaches(built):
    size, references, held = built
    heap = Heap()
    objects = [heap.object("object", held=count) for count in held]
    for source, target, is_weak in references:
        heap.refer(objects[source], "weak" if is_weak else "[0]", objects[target])

    reached = {index for index in range(size) if held[index]}
    while more := {t for s, t, is_weak in references if not is_weak and s in reached} - reached:
        reached |= more

    assert garbage(heap, *objects) == [index not in reached for index in range(size)]
