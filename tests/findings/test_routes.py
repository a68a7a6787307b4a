from __future__ import annotations

import pytest

from pyhandles.errors import UnknownObject
from pyhandles.findings.routes import Routes, routes
from tests.heap import Heap


def texts(found: Routes) -> list[list[str]]:
    return [[route.root, *(step.text for step in route.steps)] for route in found.routes]


def pool() -> tuple[Heap, int]:
    """A connection that a module's pool, a frame and a registry two steps further away hold."""
    heap = Heap()
    connection = heap.instance("app.Connection")
    idle = heap.list(connection, heap.instance("app.Connection"))
    owner = heap.instance("app.Pool")
    heap.refer(owner, ".idle", idle)
    heap.module("app", POOL=owner)
    heap.frame("serve", line=5, conn=connection)
    entry, registry = heap.instance("app.Entry"), heap.instance("app.Registry")
    heap.refer(entry, ".connection", connection)
    heap.refer(registry, ".first", entry)
    heap.refer(heap.instance("app.Other"), ".first", entry)
    heap.module("registry", REGISTRY=registry)
    return heap, connection


GLOBAL = ["global POOL of module app", "global POOL of module app", "Pool.idle", "item [0]"]
REGISTRY = [
    "global REGISTRY of module registry",
    "global REGISTRY of module registry",
    "Registry.first",
    "Entry.connection",
]


def first_words(found: Routes) -> list[str]:
    return [route.root.split(" of ")[0] for route in found.routes]


def test_the_shortest_path_then_the_next_ones():
    heap, connection = pool()
    found = routes(heap.snapshot(), connection, count=9)

    assert first_words(found) == ["local variable conn", "global POOL", "global REGISTRY"]
    assert [len(route.steps) for route in found.routes] == [1, 3, 3]
    assert texts(found)[1:] == [GLOBAL, REGISTRY]
    assert [route.kind for route in found.routes] == ["local", "global", "global"]


@pytest.mark.parametrize(
    "avoid",
    [
        ["local variable conn"],
        ["local variable conn of serve() at app.py:5 in thread MainThread"],
    ],
)
def test_not_through_a_local_variable(avoid: list[str]):
    heap, connection = pool()

    assert first_words(routes(heap.snapshot(), connection, avoid=avoid)) == ["global POOL"]


@pytest.mark.parametrize(
    "avoid",
    [".idle", "attribute .idle", "Pool.idle", "app.Pool.idle", "global POOL", "global POOL of module app", "item [0]"],
)
def test_not_through_a_reference_as_answers_call_it(avoid: str):
    heap, connection = pool()
    found = routes(heap.snapshot(), connection, avoid=["local variable conn", avoid])

    assert texts(found) == [REGISTRY]


def test_a_class_says_whose_attribute_is_meant():
    heap, connection = pool()
    snapshot = heap.snapshot()

    assert first_words(routes(snapshot, connection, avoid=["Pool.idle"], count=9)) == [
        "local variable conn",
        "global REGISTRY",
    ]
    assert first_words(routes(snapshot, connection, avoid=["Other.first"], count=9)) == [
        "local variable conn",
        "global POOL",
        "global REGISTRY",
    ]


def test_not_through_an_object():
    heap, connection = pool()
    snapshot = heap.snapshot()
    idle = next(i for i in range(snapshot.n_objects) if snapshot.type_name(i) == "list")

    assert first_words(routes(snapshot, connection, avoid=[f"#{idle}", "local variable conn"])) == ["global REGISTRY"]


def test_where_nothing_else_reaches_it_there_is_no_path():
    heap, connection = pool()
    found = routes(heap.snapshot(), connection, avoid=["local variable conn", ".idle", ".first"])

    assert found.routes == ()
    assert not found.garbage
    assert found.avoided == 4


def test_one_path_tells_all_workers_in_a_list():
    heap = Heap()
    config = heap.instance("app.Config")
    workers = [heap.instance("app.Worker") for _ in range(5)]
    for worker in workers:
        heap.refer(worker, ".config", config)
    heap.module("app", WORKERS=heap.list(*workers))

    found = routes(heap.snapshot(), config, count=3)

    assert texts(found) == [
        ["global WORKERS of module app", "global WORKERS of module app", "item [0]", "Worker.config"]
    ]


def test_of_equally_short_paths_a_global_comes_first():
    heap = Heap()
    thing = heap.instance("app.Thing")
    heap.frame("run", line=3, thing=thing)
    heap.module("app", THING=thing)

    assert first_words(routes(heap.snapshot(), thing, count=2)) == ["global THING", "local variable thing"]


def test_no_root_reaches_garbage_but_a_loop_keeps_it():
    heap = Heap()
    one, other = heap.instance("app.One"), heap.instance("app.Other")
    heap.refer(one, ".other", other)
    heap.refer(other, ".one", one)

    found = routes(heap.snapshot(), one)

    assert (found.garbage, found.routes) == (True, ())
    assert found.loop is not None
    assert set(found.loop) == {"One.other", "Other.one", found.loop[0].split(".", maxsplit=1)[0]}


def test_a_root_needs_no_path():
    heap = Heap()
    module = heap.module("app")
    found = routes(heap.snapshot(), module, count=3)

    assert [route.steps for route in found.routes] == [()]


def test_raw_goes_object_by_object():
    heap, connection = pool()
    found = routes(heap.snapshot(), connection, raw=True, count=2)

    assert [len(route.steps) for route in found.routes] == [1, 4]


def test_a_name_that_no_reference_has_is_answered_with_the_nearest():
    heap, connection = pool()

    with pytest.raises(UnknownObject, match=r"no reference is called '\.idel'") as told:
        routes(heap.snapshot(), connection, avoid=[".idel"])
    assert "'.idle'" in str(told.value.hint)
