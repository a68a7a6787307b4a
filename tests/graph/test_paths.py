from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pyhandles.format import RootKind
from pyhandles.graph import forest
from pyhandles.graph.folding import Folding
from pyhandles.graph.paths import RootRank, shortest_path
from tests.heap import Heap


def read(heap: Heap, target: int, **options: bool) -> list[str] | None:
    """Labels from the root down, None if there is no path."""
    snapshot = heap.snapshot()
    path = shortest_path(snapshot, target, **options)
    return None if path is None else [snapshot.label(step.row).text for step in path.steps]


def test_the_shortest_path_leads_from_a_global():
    heap = Heap()
    connection = heap.instance("app.Connection")
    pool = heap.list(connection)
    heap.module("app", POOL=pool, DEEPER=heap.list(heap.list(connection)))

    assert read(heap, connection) == ["global POOL", "item [0]"]
    assert read(heap, connection, raw=True) == ["member __dict__", "global POOL", "item [0]"]


def test_what_a_finalizer_would_be_given_is_on_a_path_only_where_there_is_no_other():
    heap = Heap()
    queue = heap.instance("queue.LifoQueue")
    info = heap.instance("weakref.finalize._Info")
    heap.refer(info, "slot args", heap.tuple(queue))
    heap.root(heap.list(info), RootKind.INTERPRETER, "atexit function")
    alone = read(heap, queue)
    pool = heap.instance("app.Pool")
    heap.refer(pool, ".queue", queue)
    heap.frame("main", sessions=heap.list(heap.list(heap.list(pool))))

    folding = heap.snapshot().derive(Folding)

    assert alone == ["item [0]", "slot .args", "item [0]"]
    assert [step.source for step in folding.referrers(queue)] == [pool]
    assert read(heap, queue) == ["local variable sessions", "item [0]", "item [0]", "item [0]", "attribute .queue"]


def test_what_an_event_loop_is_to_call_is_on_a_path_only_where_there_is_no_other():
    heap = Heap()
    wanted, served = heap.instance("app.Transport"), heap.instance("app.Transport")
    loop = heap.instance("asyncio.unix_events._UnixSelectorEventLoop")
    for transport in (wanted, served):
        handle = heap.instance("asyncio.events.Handle")
        heap.refer(handle, "slot _callback", transport)
        heap.refer(loop, f".reader{transport}", handle)
    heap.frame("run_forever", loop=loop)
    heap.module("app", REGISTRY=heap.list(heap.list(heap.list(heap.list(heap.list(wanted))))))

    assert read(heap, wanted) == ["global REGISTRY", *["item [0]"] * 5]
    assert read(heap, served) == ["local variable loop", f"attribute .reader{served}", "slot ._callback"]


def test_length_is_counted_after_folding():
    heap = Heap()
    value = heap.instance("app.Value")
    holder, namespace = heap.instance("app.Holder"), heap.object("dict")
    heap.refer(holder, "member __dict__", namespace)
    heap.refer(namespace, ".value", value)
    heap.root(holder, RootKind.INTERPRETER, "x")
    heap.root(heap.list(heap.list(value)), RootKind.MODULE, "m")

    assert read(heap, value) == ["attribute .value"]


def test_preference_breaks_ties():
    heap = Heap()
    value = heap.instance("app.Value")
    class_ = heap.type("app.Class")
    heap.refer(class_, ".registry", value)
    native = heap.list(heap.list(value))
    heap.hold(native)
    interpreter = heap.list(heap.list(value))
    heap.root(interpreter, RootKind.INTERPRETER, "atexit function")
    ranks = []

    def rank() -> RootRank:
        return shortest_path(heap.snapshot(), value).rank

    ranks.append(rank())
    heap.module("app", Class=class_)
    ranks.append(rank())
    heap.frame("handle", values=heap.list(value))
    ranks.append(rank())
    heap.module("other", VALUES=heap.list(value))
    ranks.append(rank())

    assert ranks == [RootRank.INTERPRETER, RootRank.CLASS, RootRank.LOCAL, RootRank.GLOBAL]


def test_a_root_with_a_name_is_preferred_to_native_code_however_near():
    heap = Heap()
    value = heap.instance("app.Value", held=1)
    heap.module("app", A=heap.list(heap.list(value)))

    assert read(heap, value) == ["global A", "item [0]", "item [0]"]


def test_native_code_is_the_answer_where_nothing_else_is():
    heap = Heap()
    value = heap.instance("app.Value")
    holder = heap.list(value)
    heap.hold(holder)
    path = shortest_path(heap.snapshot(), value)

    assert (path.root, path.rank) == (holder, RootRank.NATIVE)


def test_never_through_a_weak_reference():
    heap = Heap()
    value = heap.instance("app.Value")
    registry = heap.instance("app.Registry")
    heap.refer(registry, "weak", value)
    heap.module("app", REGISTRY=registry, DEEP=heap.list(heap.list(value)))

    assert read(heap, value) == ["global DEEP", "item [0]", "item [0]"]


def test_garbage_has_no_path():
    heap = Heap()
    value = heap.instance("app.Value")
    heap.refer(value, ".self", value)

    assert read(heap, value) is None


def test_types_lead_up_only_where_nothing_else_does():
    heap = Heap()
    value = heap.instance("app.Value")
    through_its_class_only(heap, value)

    assert read(heap, value) == ["global INSTANCE", "type", "attribute .registry"]


def through_its_class_only(heap: Heap, value: int) -> None:
    """A class holds the value, and only the type of an instance that a module holds leads to the class."""
    class_ = heap.type("app.Class")
    heap._objects[class_].held = 0
    heap.refer(class_, ".registry", value)
    heap.module("app", INSTANCE=heap.instance("app.Class"))


def test_a_longer_way_through_data_is_preferred_to_one_through_types():
    heap = Heap()
    value = heap.instance("app.Value")
    through_its_class_only(heap, value)
    heap.module("other", DEEP=heap.list(heap.list(heap.list(heap.list(value)))))

    assert read(heap, value) == ["global DEEP", *["item [0]"] * 4]


def test_a_way_through_types_is_preferred_to_native_code():
    heap = Heap()
    value = heap.instance("app.Value", held=1)
    through_its_class_only(heap, value)

    assert read(heap, value) == ["global INSTANCE", "type", "attribute .registry"]


def test_a_root_is_its_own_path():
    heap = Heap()
    module = heap.module("app")

    path = shortest_path(heap.snapshot(), module)

    assert (path.root, path.steps) == (module, ())


def test_what_lies_deeper_than_levels_are_searched_still_has_a_path(monkeypatch):
    monkeypatch.setattr(forest, "MAX_LEVELS", 3)
    heap = Heap()
    value = heap.instance("app.Value")
    chain = value
    for _ in range(50):
        chain = heap.list(chain)
    heap.module("app", CHAIN=chain)

    labels = read(heap, value)

    assert labels == ["global CHAIN", *["item [0]"] * 50]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30), st.sets(st.integers(0, 9), max_size=3))
def test_paths_are_chains_of_references_of_the_least_length(references, rooted):
    heap = Heap()
    objects = [heap.object("object") for _ in range(10)]
    for source, target in references:
        heap.refer(objects[source], "[0]", objects[target])
    for index in rooted:
        heap.root(objects[index], RootKind.MODULE, "m")
    snapshot = heap.snapshot()
    distance = dict.fromkeys(rooted, 0)
    for source in (order := list(rooted)):
        for _, target in (pair for pair in references if pair[0] == source):
            if target not in distance:
                distance[target] = distance[source] + 1
                order.append(target)

    for index, each in enumerate(objects):
        path = shortest_path(snapshot, each)
        assert (path is not None) == (index in distance)
        if path is not None:
            assert len(path.steps) == distance[index]
            assert [path.root, *(step.target for step in path.steps)][-1] == each
            for step in path.steps:
                assert step.row in snapshot.rows_of(step.source)
                assert snapshot.targets[step.row] == step.target
