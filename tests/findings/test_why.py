from __future__ import annotations

from pyhandles.findings.why import why
from tests.heap import Heap


def test_garbage_in_five_lines():
    heap = Heap()
    sock = heap.socket(7)
    heap.tcp(7)
    connection = heap.instance("client.Connection")
    function = heap.function("client.on_closed", line=41, closure={"conns": heap.list(connection)})
    heap.refer(connection, ".sock", sock)
    heap.refer(connection, ".on_closed", function)

    answer = why(heap.snapshot(), [sock], fd=7)

    assert answer.handle.fd == 7
    assert answer.object.text == "socket.socket fd 7"
    assert answer.verdict.kind == "garbage"
    assert answer.path == (
        "Connection.on_closed",
        "closure variable conns",
        "item [0]",
        "Connection",
        "Connection.sock",
        "socket.socket fd 7",
    )
    assert answer.opened_at is None
    assert answer.cut == "closure variable conns of function on_closed (app.py:41)"


def test_a_loop_without_a_closure_is_cut_where_it_closes():
    heap = Heap()
    parent, child = heap.instance("app.Parent"), heap.instance("app.Child")
    heap.refer(parent, ".child", child)
    heap.refer(child, ".parent", parent)
    sock = heap.socket(7)
    heap.refer(parent, ".sock", sock)

    assert why(heap.snapshot(), [sock]).cut == "Child.parent"


def test_a_rooted_object_is_cut_out_of_its_container():
    heap = Heap()
    sock = heap.socket(7)
    connection, pool = heap.instance("app.Connection"), heap.instance("app.Pool")
    heap.refer(connection, ".sock", sock)
    heap.refer(pool, ".idle", heap.list(heap.tuple(connection)))
    heap.module("app", POOL=pool)

    answer = why(heap.snapshot(), [sock])

    assert answer.path == (
        "global POOL of module app",
        "Pool.idle",
        "item [0]",
        "item [0]",
        "Connection.sock",
        "socket.socket fd 7",
    )
    assert answer.cut == "item [0] of Pool.idle"


def test_containers_in_containers():
    heap = Heap()
    sock = heap.socket(7)
    heap.module("app", POOLS=heap.dict(main=heap.list(sock)))

    assert why(heap.snapshot(), [sock]).cut == "item [0] of value ['main'] of global POOLS of module app"


def test_a_loop_that_no_program_can_take_back_has_no_cut():
    heap = Heap()
    class_ = heap.type("app.Local")
    heap._objects[class_].held = 0
    mro = heap.tuple(class_)
    heap.refer(class_, "member __mro__", mro)

    assert why(heap.snapshot(), [class_]).cut is None


def test_a_long_chain_is_told_by_its_ends():
    heap = Heap()
    value = chain = heap.instance("app.Value")
    for _ in range(300):
        chain = heap.list(chain)
    heap.module("app", CHAIN=chain)

    path = why(heap.snapshot(), [value]).path

    assert path[0] == "global CHAIN of module app"
    assert "… 288 more …" in path
    assert len(path) == 15


def test_a_container_that_is_a_global():
    heap = Heap()
    sock = heap.socket(7)
    heap.module("app", POOL=heap.dict(main=sock))

    assert why(heap.snapshot(), [sock]).cut == "value ['main'] of global POOL of module app"


def test_a_variable_is_what_to_cut():
    heap = Heap()
    sock = heap.socket(7)
    heap.frame("handle", conn=sock)

    assert why(heap.snapshot(), [sock]).cut == "local variable conn of handle() at app.py:1 in thread MainThread"


def test_what_native_code_holds_cannot_be_cut():
    heap = Heap()

    assert why(heap.snapshot(), [heap.type("type")]).cut is None


def test_a_descriptor_without_an_owner():
    heap = Heap()
    heap.tcp(7)

    answer = why(heap.snapshot(), [], fd=7)

    assert (answer.object, answer.path, answer.cut) == (None, (), None)
    assert answer.verdict.kind == "native"


def test_what_holds_it_besides_is_told_where_the_cut_alone_would_not_free_it():
    heap = Heap()
    sock = heap.socket(7)
    connection, pool = heap.instance("app.Connection"), heap.instance("app.Pool")
    heap.refer(connection, ".sock", sock)
    heap.refer(pool, ".idle", heap.list(connection))
    registry = heap.instance("app.Registry")
    heap.refer(registry, ".last", heap.dict(used=heap.tuple(connection)))
    heap.module("app", POOL=pool, REGISTRY=registry)

    answer = why(heap.snapshot(), [sock])

    assert answer.cut == "item [0] of Pool.idle"
    assert answer.also == (
        "global REGISTRY of module app",
        "Registry.last",
        "value ['used']",
        "item [0]",
        "Connection.sock",
        "socket.socket fd 7",
    )


def test_where_the_cut_frees_it_nothing_else_is_told():
    heap = Heap()
    sock = heap.socket(7)
    pool = heap.list(sock)
    heap.module("app", POOL=pool, AGAIN=pool)

    answer = why(heap.snapshot(), [sock])

    assert answer.cut == "item [0] of global POOL of module app"
    assert answer.also == ()


def test_what_a_call_has_on_its_stack_beside_its_variable_is_nothing_else():
    heap = Heap()
    sock = heap.socket(7)
    frame = heap.frame("serve", sock=sock)
    heap.refer(frame, "stack 0", sock)

    answer = why(heap.snapshot(), [sock])

    assert answer.also == ()
