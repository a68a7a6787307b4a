from __future__ import annotations

import pytest

from pyhandles.errors import UnknownObject
from pyhandles.findings.symbols import modules, symbols
from tests.heap import Heap


def heap() -> Heap:
    heap = Heap()
    pool = heap.type("app.Pool")
    methods = heap.object("dict")
    heap.refer(pool, "member __dict__", methods)
    heap.refer(methods, ".put", heap.function("app.Pool.put", file="/srv/app.py", line=30))
    heap.refer(methods, ".get", heap.function("app.Pool.get", file="/srv/app.py", line=20))
    serve = heap.function("app.serve", file="/srv/app.py", line=62)
    dumps = heap.function("json.dumps", file="/lib/json.py", line=183)
    json = heap.module("json", dumps=dumps)
    heap.module("app", file="/srv/app.py", Pool=pool, serve=serve, dumps=dumps, json=json, POOL=heap.list(heap.dict()))
    heap.module("forgotten", root=False)
    return heap


def test_the_names_of_a_module_come_in_the_order_of_its_dict():
    rows = symbols(heap().snapshot(), "app").rows

    assert [(row.name, row.kind) for row in rows] == [
        ("Pool", "class"),
        ("serve", "function"),
        ("dumps", "function"),
        ("json", "module"),
        ("POOL", "variable"),
    ]
    assert (rows[4].type, rows[4].text) == ("list", "list of 1")


def test_a_function_is_where_it_begins_and_a_class_where_its_first_method_does():
    rows = {row.name: row for row in symbols(heap().snapshot(), "app").rows}

    assert rows["serve"].location == "/srv/app.py:62"
    assert rows["Pool"].location == "/srv/app.py:20"
    assert rows["POOL"].location is None


def test_what_was_imported_says_from_where():
    rows = {row.name: row.defined_in for row in symbols(heap().snapshot(), "app").rows}

    assert rows == {"Pool": None, "serve": None, "dumps": "json", "json": None, "POOL": None}


def test_a_decorated_method_does_not_move_its_class():
    tiny = Heap()
    class_ = tiny.type("app.Pool")
    wrapper = tiny.code("helper", "/lib/contextlib.py", 3, qualname="contextmanager.<locals>.helper")
    tiny._rows["functions"].append((tiny.object("function"), tiny.text("app"), tiny.text("Pool.get"), wrapper))
    tiny.function("app.Pool.put", file="/srv/app.py", line=30)
    tiny.module("app", Pool=class_)
    [row] = symbols(tiny.snapshot(), "app").rows

    assert row.location == "/srv/app.py:30"


def test_only_the_kind_that_is_asked_for():
    assert [row.name for row in symbols(heap().snapshot(), "app", kind="function").rows] == ["serve", "dumps"]


def test_modules_are_listed_with_the_number_of_their_names():
    rows = modules(heap().snapshot()).rows

    assert [(row.module, row.symbols, row.imported) for row in rows] == [
        ("app", 5, True),
        ("forgotten", 0, False),
        ("json", 1, True),
    ]


def test_a_module_may_be_named_by_its_address():
    snapshot = heap().snapshot()
    [address] = [row.address for row in modules(snapshot).rows if row.module == "json"]

    assert [row.name for row in symbols(snapshot, f"{address:#x}").rows] == ["dumps"]


def test_a_misspelt_module_is_answered_with_the_nearest():
    with pytest.raises(UnknownObject) as raised:
        symbols(heap().snapshot(), "jsno")
    assert raised.value.hint == "Did you mean json?"


def test_an_object_that_is_no_module_is_told_so():
    with pytest.raises(UnknownObject, match="no module"):
        symbols(heap().snapshot(), "#0")
