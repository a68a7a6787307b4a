from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pyhandles.findings.identify import Identification, Line, identify
from tests.heap import Heap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.snapshot import Snapshot


def the_story() -> tuple[Heap, int]:
    """A socket that a connection holds, which its own closure keeps; and the socket."""
    heap = Heap()
    sock = heap.socket(7)
    heap.tcp(7)
    connection = heap.instance("client.Connection")
    conns = heap.list(connection)
    function = heap.function("client.open.<locals>.on_closed", file="/srv/client.py", line=41, closure={"conns": conns})
    heap.refer(connection, ".sock", sock)
    heap.refer(connection, ".on_closed", function)
    return heap, sock


def lines(answer: Identification) -> Iterator[tuple[int, Line]]:
    """Depth and line, as they are shown."""

    def walk(level: tuple[Line, ...], depth: int) -> Iterator[tuple[int, Line]]:
        for line in level:
            yield depth, line
            yield from walk(line.referrers, depth + 1)

    for ancestry in answer.ancestries:
        yield from walk(ancestry.tree, 0)


def shown(answer: Identification) -> list[tuple[int, str, str, str | None, str | None]]:
    return [(depth, line.label, line.object.text, line.mark, line.seen) for depth, line in lines(answer)]


def test_a_loop_is_marked_where_it_closes():
    heap, sock = the_story()

    answer = identify(heap.snapshot(), [sock])

    assert shown(answer) == [
        (0, "attribute .sock", "client.Connection", "*A", None),
        (1, "item [0]", "list of 1", None, None),
        (2, "closure variable conns", "function open.<locals>.on_closed (client.py:41)", None, None),
        (3, "attribute .on_closed", "client.Connection", "*A", "circular"),
    ]
    assert answer.marks == {"*A": answer.ancestries[0].tree[0].object.index}
    assert answer.verdict.kind == "garbage"
    assert answer.handle.fd == 7
    [ancestry] = answer.ancestries
    assert ancestry.roots == ()
    [loop] = ancestry.cycles
    assert [(step.label, step.object.text) for step in loop] == [
        ("attribute .on_closed", "client.Connection"),
        ("closure variable conns", "function open.<locals>.on_closed (client.py:41)"),
        ("item [0]", "list of 1"),
    ]


def test_raw_shows_every_object():
    heap, sock = the_story()

    types = [line.object.type for _, line in lines(identify(heap.snapshot(), [sock], raw=True))]

    assert types == ["client.Connection", "list", "cell", "tuple", "function", "client.Connection"]


def test_roots_are_named_and_end_the_way_up():
    heap = Heap()
    connection = heap.instance("app.Connection")
    pool = heap.list(connection)
    heap.module("app", POOL=pool)
    heap.frame("handle", file="/srv/app.py", line=62, thread="worker-3", conn=connection)

    answer = identify(heap.snapshot(), [connection])

    assert answer.ancestries[0].roots == (
        "local variable conn of handle() at app.py:62 in thread worker-3",
        "global POOL of module app",
    )
    assert {line.root for _, line in lines(answer)} == {None, "module", "running in thread worker-3"}
    assert all(not line.referrers for _, line in lines(answer) if line.root)


def test_an_object_that_is_found_on_two_ways_is_shown_once():
    heap = Heap()
    value = heap.instance("app.Value")
    holder = heap.instance("app.Holder")
    heap.refer(holder, ".first", value)
    heap.refer(holder, ".second", value)
    heap.module("app", HOLDER=holder)

    answer = identify(heap.snapshot(), [value])

    assert shown(answer) == [
        (0, "attribute .first", "app.Holder", "*A", None),
        (1, "global HOLDER", "module app", None, None),
        (0, "attribute .second", "app.Holder", "*A", "shared"),
    ]


def test_the_first_mark_is_on_what_closes_a_circle():
    heap = Heap()
    value, shared, circular = heap.instance("app.Value"), heap.instance("app.Shared"), heap.instance("app.Circular")
    heap.refer(shared, ".first", value)
    heap.refer(shared, ".second", value)
    heap.refer(circular, ".shared", shared)
    heap.refer(circular, ".me", circular)

    answer = identify(heap.snapshot(), [value])

    assert answer.marks == {"*A": circular, "*B": shared}


def test_a_loop_through_the_start_itself():
    heap = Heap()
    one, other = heap.instance("app.A"), heap.instance("app.B")
    heap.refer(one, ".b", other)
    heap.refer(other, ".a", one)

    answer = identify(heap.snapshot(), [one])

    assert answer.ancestries[0].mark == "*A"
    assert shown(answer) == [(0, "attribute .a", "app.B", None, None), (1, "attribute .b", "app.A", "*A", "circular")]


def test_many_referrers_are_bounded_and_counted():
    heap = Heap()
    value = heap.instance("app.Value")
    heap.module("app", HOLDERS=heap.list(*(heap.list(value) for _ in range(5000))))
    snapshot = heap.snapshot()

    bounded, unbounded = identify(snapshot, [value]), identify(snapshot, [value], all=True)

    [ancestry] = bounded.ancestries
    assert len(ancestry.tree) + ancestry.more == 5000
    assert len(ancestry.tree) < 10
    assert len(unbounded.ancestries[0].tree) == 5000


def test_classes_functions_and_modules_do_not_drown_the_answer():
    heap = Heap()
    value = heap.instance("app.Value")
    class_ = heap.type("app.Holder")
    heap.refer(class_, ".shared", value)
    module = heap.module("app", Holder=class_)
    for _ in range(20):
        heap.instance("app.Holder")
        heap.refer(heap.function("app.f", held=1), "member __globals__", module + 1)

    answer = identify(heap.snapshot(), [value])

    assert shown(answer) == [
        (0, "attribute .shared", "class app.Holder", None, None),
        (1, "global Holder", "module app", None, None),
    ]


def test_a_chain_of_any_length_is_answered():
    heap = Heap()
    value = chain = heap.instance("app.Value")
    for _ in range(3000):
        chain = heap.list(chain)
    heap.module("app", CHAIN=chain)
    snapshot = heap.snapshot()

    for depth in (None, 3000):
        answer = identify(snapshot, [value], depth=depth)
        *_, (_, last) = lines(answer)
        assert last.deeper
        assert answer.verdict.kind == "rooted"


def test_native_code_is_told_at_the_end_of_a_way_and_nowhere_else():
    heap = Heap()
    value = heap.instance("app.Value")
    passed = heap.list(value)
    heap.hold(passed)
    heap.module("app", A=passed)
    other = heap.instance("app.Value")
    end = heap.list(other)
    heap.hold(end)
    snapshot = heap.snapshot()

    assert identify(snapshot, [value]).ancestries[0].roots == ("global A of module app",)
    assert identify(snapshot, [other]).ancestries[0].roots == ("native code",)


def test_native_code_is_told_beside_what_else_holds_the_start():
    heap = Heap()
    value = heap.instance("app.Value", held=1)
    heap.module("app", VALUE=value)

    [ancestry] = identify(heap.snapshot(), [value]).ancestries

    assert ancestry.root == "held by native code"
    assert ancestry.roots == ("native code", "global VALUE of module app")


def test_depth_is_the_number_of_lines_up():
    heap = Heap()
    value = chain = heap.instance("app.Value")
    for _ in range(10):
        chain = heap.list(chain)
    heap.module("app", CHAIN=chain)
    snapshot = heap.snapshot()

    short, default = identify(snapshot, [value], depth=3), identify(snapshot, [value])

    assert [depth for depth, _ in lines(short)] == [0, 1, 2]
    assert [line.deeper for _, line in lines(short)] == [False, False, True]
    assert len(list(lines(default))) == 11


def test_the_way_to_the_root_is_shown_however_many_others_there_are():
    heap = Heap()
    value = chain = heap.instance("app.Value")
    for _ in range(20):
        for _ in range(20):
            heap.list(chain)
        chain = heap.list(chain)
    heap.module("app", CHAIN=chain)

    answer = identify(heap.snapshot(), [value])

    assert "global CHAIN of module app" in answer.ancestries[0].roots
    assert len(list(lines(answer))) < 200


def test_a_descriptor_without_an_owner_has_an_empty_tree_and_a_verdict():
    heap = Heap()
    heap.tcp(7)

    answer = identify(heap.snapshot(), [], fd=7)

    assert answer.ancestries == ()
    assert answer.verdict.kind == "native"
    assert answer.handle.fd == 7


def test_a_descriptor_with_two_owners_has_a_tree_for_each():
    heap = Heap()
    one, other = heap.socket(7), heap.socket(7)
    heap.module("app", ONE=one, OTHER=other)
    heap.tcp(7)

    answer = identify(heap.snapshot(), [one, other], fd=7)

    assert [ancestry.object.index for ancestry in answer.ancestries] == [one, other]
    assert [ancestry.roots for ancestry in answer.ancestries] == [
        ("global ONE of module app",),
        ("global OTHER of module app",),
    ]
    assert answer.verdict.kind == "shared"


@st.composite
def heaps(draw) -> tuple[Snapshot, int]:
    heap = Heap()
    objects = [heap.object("object") for _ in range(8)]
    node = st.integers(0, 7)
    for source, target in draw(st.lists(st.tuples(node, node), max_size=24)):
        heap.refer(objects[source], "[0]", objects[target])
    for rooted in draw(st.sets(node, max_size=2)):
        heap.module(f"m{rooted}", X=objects[rooted])
    return heap.snapshot(), objects[0]


@given(heaps())
def test_every_line_refers_to_the_one_above_it(built):
    snapshot, start = built

    def check(above: int, level: tuple[Line, ...], way: tuple[int, ...]) -> None:
        for line in level:
            index = line.object.index
            assert line.seen != "circular" or index in (*way, above)
            if not snapshot.modules.of(index):
                assert any(snapshot.targets[row] == above for row in snapshot.rows_of(index))
            if line.seen:
                assert line.mark
                assert not line.referrers
            check(index, line.referrers, (*way, above))

    answer = identify(snapshot, [start])
    check(start, answer.ancestries[0].tree, ())


@given(heaps())
def test_each_object_is_shown_in_full_once(built):
    snapshot, start = built

    full = [line.object.index for _, line in lines(identify(snapshot, [start], all=True)) if not line.seen]

    assert len(full) == len(set(full))
    assert start not in full


@given(heaps())
def test_more_depth_never_shows_less(built):
    snapshot, start = built
    answers = [identify(snapshot, [start], depth=depth) for depth in range(1, 7)]

    for less, more in itertools.pairwise(answers):
        shallow = {(depth, line.label, line.object, line.seen) for depth, line in lines(less)}
        assert shallow <= {(depth, line.label, line.object, line.seen) for depth, line in lines(more)}
        assert set(less.ancestries[0].roots) <= set(more.ancestries[0].roots)


@given(heaps())
def test_garbage_has_a_loop_and_what_is_reachable_has_a_root(built):
    snapshot, start = built
    answer = identify(snapshot, [start])

    if answer.verdict.kind == "garbage":
        assert not answer.ancestries[0].roots
        assert bool(answer.ancestries[0].cycles) == ("only a cycle keeps it" in answer.verdict.text)
    else:
        assert answer.ancestries[0].roots
