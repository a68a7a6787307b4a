from __future__ import annotations

from pyhandles.findings.handles import handles
from pyhandles.format import RootKind
from tests.heap import Heap


def holder(heap: Heap) -> str | None:
    """The holder of descriptor 7."""
    heap.tcp(7)
    [row] = handles(heap.snapshot())
    return row.holder


def test_an_attribute_of_an_instance():
    heap = Heap()
    connection = heap.instance("app.db.Connection")
    heap.refer(connection, ".sock", heap.socket(7))
    heap.module("app", CONNECTION=connection)

    assert holder(heap) == "Connection.sock"


def test_a_type_whose_name_is_not_its_own_is_told_with_its_module():
    heap = Heap()
    connection = heap.instance("app.Connection")
    heap.type("lib.Connection")
    heap.refer(connection, ".sock", heap.socket(7))
    heap.module("app", CONNECTION=connection)

    assert holder(heap) == "app.Connection.sock"


def test_wrappers_are_passed_over():
    heap = Heap()
    log = heap.instance("app.Log")
    heap.refer(log, ".file", heap.file(7))
    heap.module("app", LOG=log)

    assert holder(heap) == "Log.file"


def test_a_subclass_of_a_wrapper_is_one():
    heap = Heap()
    wrapper, base = heap.instance("app.LoggedText"), heap.type("_io.TextIOWrapper")
    rows = heap._rows["types"]
    place = next(place for place, row in enumerate(rows) if row[0] == heap.type("app.LoggedText"))
    rows[place] = (*rows[place][:3], base, rows[place][4])
    heap.refer(wrapper, "member buffer", heap.socket(7))
    heap.module("app", LOG=wrapper)

    assert holder(heap) == "global LOG of app"


def test_containers_say_where_in_the_holder():
    heap = Heap()
    pool = heap.instance("app.Pool")
    heap.refer(pool, ".by_name", heap.dict(main=heap.list(heap.socket(7))))
    heap.module("app", POOL=pool)

    assert holder(heap) == "Pool.by_name['main'][0]"


def test_a_global():
    heap = Heap()
    heap.module("app", POOL=heap.list(heap.socket(7)))

    assert holder(heap) == "global POOL[0] of app"


def test_a_variable_of_a_running_frame():
    heap = Heap()
    heap.frame("handle", conn=heap.socket(7))

    assert holder(heap) == "local variable conn of handle()"


def test_a_variable_of_a_suspended_coroutine():
    heap = Heap()
    heap.hold(heap.generator("fetch", reader=heap.socket(7)))

    assert holder(heap) == "local variable reader of fetch()"


def test_a_closure_variable():
    heap = Heap()
    heap.module("app", CALLBACK=heap.function("app.open.<locals>.on_closed", closure={"sock": heap.socket(7)}))

    assert holder(heap) == "closure variable sock of open.<locals>.on_closed"


def test_a_class_attribute():
    heap = Heap()
    class_ = heap.type("app.Pool")
    heap.refer(class_, ".shared", heap.socket(7))
    heap.module("app", Pool=class_)

    assert holder(heap) == "Pool.shared"


def test_tools_of_the_library_say_where_in_the_holder():
    heap = Heap()
    partial = heap.instance("functools.partial")
    heap.refer(partial, "member args", heap.tuple(heap.socket(7)))
    heap.module("app", PARTIAL=partial)

    assert holder(heap) == "global PARTIAL.args[0] of app"


def test_which_of_the_streams_of_a_child_it_is():
    heap = Heap()
    popen = heap.instance("subprocess.Popen")
    heap.refer(popen, ".stdin", heap.socket(7))
    gateway = heap.instance("app.Gateway")
    heap.refer(gateway, ".jobs", heap.list(popen))
    heap.module("app", GATEWAY=gateway)

    assert holder(heap) == "Gateway.jobs[0].stdin"


def test_a_context_variable():
    heap = Heap()
    node, context = heap.instance("hamt_bitmap_node"), heap.instance("_contextvars.Context")
    heap.refer(node, "context request", heap.socket(7))
    heap.refer(context, "member variables", node)
    heap.root(context, RootKind.THREAD, "current context")

    assert holder(heap) == "context variable request"


def test_a_list_that_native_code_holds():
    heap = Heap()
    heap.hold(heap.list(heap.socket(7)))

    assert holder(heap) == "list[0]"


def test_an_owner_that_native_code_holds_has_none():
    heap = Heap()
    heap.socket(7, held=1)

    assert holder(heap) is None


def test_garbage_has_a_holder_too():
    heap = Heap()
    connection = heap.instance("app.Connection")
    heap.refer(connection, ".sock", heap.socket(7))
    heap.refer(connection, ".me", connection)

    assert holder(heap) == "Connection.sock"


def test_garbage_in_a_loop_of_wrappers_ends():
    heap = Heap()
    one, other = heap.instance("_io.BufferedReader"), heap.instance("_io.TextIOWrapper")
    heap.refer(one, "member raw", heap.socket(7))
    heap.refer(one, ".text", other)
    heap.refer(other, "member buffer", one)

    assert holder(heap) is None
