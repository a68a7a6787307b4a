from __future__ import annotations

from pyhandles.findings.growth import Growth, growth
from pyhandles.format import ObjectFlag
from tests.heap import Heap


def test_without_a_census_nothing_is_said_of_growth():
    assert growth(Heap().snapshot()) is None


def test_types_with_more_objects_than_before_the_most_first():
    heap = Heap()
    heap.census(app__Job=2, app__Page=1, app__Same=1, app__Less=5, builtins__type=100)
    for name, count in (("app.Job", 4), ("app.Page", 9), ("app.Same", 1), ("app.Less", 1), ("app.New", 1)):
        for _ in range(count):
            heap.object(name)

    assert growth(heap.snapshot()) == (
        Growth("app.Page", 1, 9, owner=False),
        Growth("app.Job", 2, 4, owner=False),
        Growth("app.New", 0, 1, owner=False),
    )


def test_owners_and_what_holds_them_come_first():
    heap = Heap()
    heap.census(builtins__type=100, builtins__dict=100)
    connection, upload, namespace = heap.instance("app.Connection"), heap.instance("app.Upload"), heap.object("dict")
    heap.refer(connection, ".sock", heap.socket(3))
    heap.refer(upload, "member __dict__", namespace)
    heap.refer(namespace, ".file", heap.file(4))
    for _ in range(50):
        heap.object("app.Page")

    grown = growth(heap.snapshot())

    assert {each.type for each in grown if each.owner} == {
        *("socket.socket", "app.Connection"),
        *("_io.FileIO", "_io.BufferedReader", "_io.TextIOWrapper", "app.Upload"),
    }
    assert [each.type for each in grown if not each.owner] == ["app.Page"]
    assert grown[-1].type == "app.Page"


def test_what_owners_refer_to_or_lie_in_is_no_owner():
    heap = Heap()
    heap.census(builtins__type=100)
    socket = heap.socket(3)
    heap.refer(socket, ".log", heap.instance("app.Log"))
    heap.list(socket)

    assert {each.type for each in growth(heap.snapshot()) if each.owner} == {"socket.socket"}


def test_a_census_counts_neither_what_is_frozen_nor_what_is_not_tracked():
    heap = Heap()
    heap.census(builtins__type=100)
    heap.object("app.Page", flags=ObjectFlag.FROZEN)
    heap.object("str")

    assert growth(heap.snapshot()) == ()
