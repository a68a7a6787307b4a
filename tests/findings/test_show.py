from __future__ import annotations

from pyhandles.findings.show import Referent, show
from pyhandles.format import FrameKind, OwnerFlag
from tests.heap import Heap


def told(group: tuple[Referent, ...]) -> list[tuple[str, str]]:
    return [(referent.label, referent.object.text) for referent in group]


def test_a_wrapper_that_has_its_attributes_in_a_dict_has_the_descriptor_of_its_owner():
    heap = Heap()
    transport, attributes = heap.instance("asyncio.selector_events._SelectorTransport"), heap.object("dict")
    heap.refer(transport, "member __dict__", attributes)
    heap.refer(attributes, "._sock", heap.socket(9))
    heap.tcp(9)

    assert show(heap.snapshot(), transport).special["fd"] == 9


def test_an_instance_and_its_attributes_wherever_they_lie():
    heap = Heap()
    instance, namespace, value = heap.instance("app.A"), heap.object("dict"), heap.instance("app.Value")
    heap.refer(instance, ".inline", value)
    heap.refer(instance, "slot wire", value)
    heap.refer(instance, "member __dict__", namespace)
    heap.refer(namespace, ".in_dict", value)
    heap.module("app", A=instance)

    answer = show(heap.snapshot(), instance)

    assert answer.object.text == "app.A"
    assert answer.size == 48
    assert answer.refcount == 1
    assert answer.referrer_count == 1
    assert [label for label, _ in told(answer.special["attributes"])] == [
        "attribute .inline",
        "slot .wire",
        "attribute .in_dict",
    ]
    assert [referent.label for referent in answer.references] == [
        "type",
        "attribute .inline",
        "slot .wire",
        "member __dict__",
    ]


def test_a_function_has_a_name_a_place_and_closure_variables():
    heap = Heap()
    function = heap.function("app.open.<locals>.f", file="/srv/app.py", line=41, closure={"conns": heap.list()})

    answer = show(heap.snapshot(), function)

    assert answer.name == "app.open.<locals>.f"
    assert answer.location == "/srv/app.py:41"
    assert told(answer.special["closure"]) == [("closure variable conns", "list of 0")]


def test_a_running_frame():
    heap = Heap()
    frame = heap.frame("handle", file="/srv/app.py", line=62, thread="worker-3", depth=2, conn=heap.socket(7))

    answer = show(heap.snapshot(), frame)

    assert (answer.name, answer.location) == ("handle", "/srv/app.py:62")
    assert answer.special["line"] == 62
    assert answer.special["state"] == "running"
    assert answer.special["thread"] == "worker-3"
    assert told(answer.special["locals"]) == [("local variable conn", "socket.socket fd 7")]


def test_a_suspended_coroutine():
    heap = Heap()
    coroutine = heap.generator("fetch", kind=FrameKind.COROUTINE, reader=heap.list())

    answer = show(heap.snapshot(), coroutine)

    assert answer.special["state"] == "coroutine"
    assert answer.object.text == "suspended coroutine fetch() at app.py:1"
    assert "thread" not in answer.special


def test_an_owner_and_what_the_kernel_knows():
    heap = Heap()
    sock = heap.socket(7)
    heap.tcp(7)

    special = show(heap.snapshot(), sock).special

    assert (special["fd"], special["closed"], special["state"]) == (7, False, "open")
    assert special["target"] == "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED"
    assert (special["local"], special["peer"]) == ("10.0.0.1:41830", "10.0.0.7:5432")


def test_a_wrapper_tells_of_its_owner():
    heap = Heap()
    text = heap.file(7)
    heap.descriptor(7, "/srv/app.log", mode=0o100644, position=120)

    special = show(heap.snapshot(), text).special

    assert special["fd"] == 7
    assert special["owner"].startswith("0x")
    assert special["position"] == 120
    assert special["target"] == "/srv/app.log"


def test_owners_in_other_states():
    heap = Heap()
    closed = heap.socket(-1, flags=OwnerFlag.CLOSED)
    stale = heap.socket(9)
    closing = heap.socket(7, flags=OwnerFlag.CLOSING, uses=2)
    heap.tcp(7)
    snapshot = heap.snapshot()

    assert show(snapshot, closed).special == {"fd": None, "closed": True, "state": "closed"}
    assert show(snapshot, stale).special == {"fd": 9, "closed": False, "state": "stale"}
    assert show(snapshot, closing).special["makefile_objects"] == 2


def test_a_container_tells_its_length_and_its_first_items():
    heap = Heap()
    items = heap.list(*(heap.instance("app.A") for _ in range(50)))
    snapshot = heap.snapshot()

    first, every = show(snapshot, items), show(snapshot, items, all=True)

    assert first.object.text == "list of 50"
    assert first.special["length"] == 50
    assert len(first.special["items"]) == 20
    assert len(first.references) + first.more == len(every.references) == 50
    assert len(every.special["items"]) == 50


def test_an_exception_tells_its_message():
    heap = Heap()
    error = heap.exception("ValueError", "x" * 100)

    answer = show(heap.snapshot(), error)

    assert answer.special["message"] == "x" * 100
    assert len(answer.object.text) < 80


def test_a_module_and_its_globals():
    heap = Heap()
    module = heap.module("app", file="/srv/app.py", POOL=heap.list())

    answer = show(heap.snapshot(), module)

    assert (answer.name, answer.location) == ("app", "/srv/app.py")
    assert told(answer.special["globals"]) == [("global POOL", "list of 0")]


def test_an_immortal_object_has_no_count():
    heap = Heap()
    none = heap.object("NoneType", immortal=True)

    assert show(heap.snapshot(), none).refcount is None


def test_a_dict_that_holds_itself_ends():
    heap = Heap()
    namespace = heap.object("dict")
    heap.refer(namespace, "member __dict__", namespace)
    heap.refer(namespace, "closure x", namespace)

    assert show(heap.snapshot(), namespace, all=True)
