"""`find`: which objects fit, on small heaps and on a real capture."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyhandles.errors import BadFilter, UnknownObject
from pyhandles.findings.filters import Filters
from pyhandles.findings.find import find
from pyhandles.format import TypeFlag
from pyhandles.render.text import text_lines
from pyhandles.snapshot import Snapshot
from tests.endtoend.service import python, script
from tests.heap import Heap


def found(snapshot: Snapshot, **filters: object) -> list[int]:
    return [row.object.index for row in find(snapshot, Filters(**filters)).page.rows]


def test_objects_of_a_type_by_its_name_its_end_and_with_wildcards():
    heap = Heap()
    connection, other, third = (heap.instance(name) for name in ("app.Connection", "lib.Connection", "app.Connections"))
    inner = heap.instance("app.Pool.Connection")
    snapshot = heap.snapshot()

    assert found(snapshot, type="app.Connection") == [connection]
    assert found(snapshot, type="Connection") == [connection, other, inner]
    assert found(snapshot, type="Conn*") == [connection, other, third, inner]
    assert found(snapshot, type="lib.*") == [other]
    assert found(snapshot, type="app.C*ion?") == [third]


def test_objects_of_a_type_or_of_what_derives_from_it():
    heap = Heap()
    base, middle, leaf, apart = (heap.type(f"app.{name}") for name in ("Base", "Middle", "Leaf", "Apart"))
    heap.refer(middle, "base", apart)
    heap.refer(middle, "base", base)
    heap.refer(leaf, "base", middle)
    objects = {name: heap.instance(f"app.{name}") for name in ("Base", "Middle", "Leaf", "Apart")}
    snapshot = heap.snapshot()

    assert found(snapshot, subtype_of="app.Base") == [objects[name] for name in ("Base", "Middle", "Leaf")]
    assert found(snapshot, subtype_of="Middle") == [objects["Middle"], objects["Leaf"]]
    assert found(snapshot, subtype_of="Leaf") == [objects["Leaf"]]


def test_a_static_type_has_its_base_in_the_table_alone():
    heap = Heap()
    heap.type("OSError", flags=TypeFlag.EXCEPTION)
    derived = heap.type("app.Refused")
    [position] = [at for at, row in enumerate(heap._rows["types"]) if row[0] == derived]
    row = heap._rows["types"][position]
    heap._rows["types"][position] = (*row[:3], heap.type("OSError"), row[4])
    refused = heap.instance("app.Refused")

    assert found(heap.snapshot(), subtype_of="OSError") == [refused]


def test_functions_classes_modules_and_code_by_their_names():
    heap = Heap()
    function = heap.function("app.Pool.get")
    class_ = heap.type("app.get")
    module = heap.module("get")
    heap.function("app.getter")
    snapshot = heap.snapshot()
    code = next(record.object for record in snapshot.codes if record.qualname == "Pool.get")

    assert set(found(snapshot, name="get")) == {function, class_, module, code}
    assert set(found(snapshot, name="Pool.get")) == {function, code}
    assert set(found(snapshot, name="app.Pool.*")) == {function}


def test_a_module_s_own_functions_and_classes_and_the_objects_of_its_types():
    heap = Heap()
    function, connection = heap.function("app.get"), heap.instance("app.Connection")
    module = heap.module("app", GET=function)
    heap.instance("lib.Connection")
    items = heap.list()
    snapshot = heap.snapshot()

    assert set(found(snapshot, module="app")) == {function, connection, heap.type("app.Connection"), module}
    assert items in found(snapshot, module="builtins")
    assert function not in found(snapshot, module="builtins")
    assert set(found(snapshot, module="[al]*", type="type")) == {
        heap.type("app.Connection"),
        heap.type("lib.Connection"),
    }


def test_an_attribute_in_a_dict_is_that_of_its_instance():
    heap = Heap()
    value = heap.list()
    plain, dictful, slotted, native = (heap.instance(f"app.{name}") for name in ("A", "B", "C", "D"))
    namespace, orphan, mapping = heap.object("dict"), heap.object("dict"), heap.dict(sock=value)
    heap.refer(plain, ".sock", value)
    heap.refer(dictful, "member __dict__", namespace)
    heap.refer(namespace, ".sock", value)
    heap.refer(slotted, "slot sock", value)
    heap.refer(native, "member sock", value)
    heap.refer(orphan, ".sock", value)
    module = heap.module("app", sock=value)
    snapshot = heap.snapshot()

    assert found(snapshot, attr="sock") == [plain, dictful, slotted, native, orphan, module]
    assert found(snapshot, attr="s?ck", type="app.*") == [plain, dictful, slotted, native]
    assert mapping not in found(snapshot, attr="sock")


def test_bounds_of_the_reference_count_leave_out_what_is_immortal():
    heap = Heap()
    once, often = heap.object("app.Once", held=1), heap.object("app.Often", held=2000)
    never = heap.object("app.Never")
    heap.object("app.Immortal", immortal=True)
    snapshot = heap.snapshot()

    assert found(snapshot, refcount=">1000") == [often]
    assert found(snapshot, refcount="2000") == found(snapshot, refcount=2000) == [often]
    assert found(snapshot, refcount="<3", type="app.*") == [once, never]
    assert found(snapshot, refcount="<=0") == [never]
    assert found(snapshot, refcount=">=1", type="app.*") == [once, often]


def test_bounds_of_the_size_put_the_largest_first():
    heap = Heap()
    small, kilo, mega = (heap.object("app.Text", size=size) for size in (99, 1024, 2**20 + 1))
    snapshot = heap.snapshot()

    assert found(snapshot, type="Text", size="<100") == [small]
    assert found(snapshot, type="Text", size="1k") == [kilo]
    assert found(snapshot, type="Text", size="> 1M") == [mega]
    assert found(snapshot, type="Text", size=">0") == [mega, kilo, small]
    assert found(snapshot, type="Text", size="<1g") == [mega, kilo, small]
    assert found(snapshot, type="Text") == [small, kilo, mega]


def test_a_narrow_table_that_is_sorted_by_size_shows_the_size():
    heap = Heap()
    heap.object("app.A_type_with_a_long_name_indeed", size=2**20)
    lines = [line.plain for line in text_lines(find(heap.snapshot(), Filters(size="1M")), 40)]

    assert lines[0].split() == ["address", "bytes", "object"]
    assert "1,048,576" in lines[1]


def test_garbage_and_what_owns_an_open_descriptor():
    heap = Heap()
    kept, lost, closed = heap.socket(7), heap.socket(8), heap.socket(-1)
    heap.refer(lost, ".itself", lost)
    heap.module("app", SOCK=kept, CLOSED=closed)
    heap.tcp(7)
    heap.tcp(8)
    snapshot = heap.snapshot()

    assert found(snapshot, garbage=True) == [lost]
    assert found(snapshot, fd=True) == [kept, lost]
    assert found(snapshot, fd=True, garbage=True, type="socket") == [lost]


def test_filters_combine_and_the_whole_is_counted():
    heap = Heap()
    for held in (1, 2, 3):
        heap.object("app.Connection", held=held, size=100)
    heap.object("app.Pool", held=2)
    answer = find(heap.snapshot(), Filters(type="Connection", refcount=">1"), limit=1, offset=1)

    assert (answer.page.total, answer.page.offset, answer.size) == (2, 1, 200)
    assert [(row.refcount, row.size, row.object.type) for row in answer.page.rows] == [(3, 100, "app.Connection")]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"type": "app.Conection"}, "no type is called 'app.Conection'. Did you mean app.Connection?"),
        ({"type": "connection"}, "no type is called 'connection'. Did you mean app.Connection?"),
        ({"subtype_of": "Conection"}, "no type is called 'Conection'. Did you mean app.Connection?"),
        ({"type": "zzz*"}, "no type fits 'zzz*'. `count` lists the types."),
        ({"name": "opem"}, "no function, class, module or code is called 'opem'. Did you mean open?"),
        ({"module": "ap"}, "no module is called 'ap'. Did you mean app?"),
        ({"attr": "scok"}, "no attribute is called 'scok'. Did you mean sock?"),
    ],
)
def test_a_name_that_nothing_has_is_told_with_what_looks_like_it(filters: dict[str, str], message: str):
    heap = Heap()
    heap.refer(heap.instance("app.Connection"), ".sock", heap.list())
    heap.function("app.open")

    with pytest.raises(UnknownObject) as raised:
        find(heap.snapshot(), Filters(**filters))

    assert f"{raised.value.message}. {raised.value.hint}" == message


@pytest.mark.parametrize("bound", ["", "big", ">", "-1", "1.5", "1T", "><3", "5 5", ">1e3"])
def test_what_is_no_bound(bound: str):
    for name in ("size", "refcount"):
        with pytest.raises(BadFilter, match="is no bound of a "):
            find(Heap().snapshot(), Filters(**{name: bound}))


def test_a_reference_count_has_no_units():
    with pytest.raises(BadFilter, match="is no bound of a reference count"):
        find(Heap().snapshot(), Filters(refcount=">1k"))


def test_no_filter_at_all():
    with pytest.raises(BadFilter, match="give at least one filter"):
        find(Heap().snapshot(), Filters())


def test_a_type_without_objects_is_no_error():
    heap = Heap()
    heap.type("app.Connection")

    assert find(heap.snapshot(), Filters(type="Connection")).page.total == 0


HOLDS = """
import gc, socket
import pyhandles

gc.disable()

class Base: pass
class Connection(Base):
    def __init__(self): self.sock, self.number = socket.socket(), 5
    def close(self): self.sock.close()
class Slotted(Base):
    __slots__ = ("wire",)
class Refused(ConnectionRefusedError): pass

shared = object()
many = [[shared] for _ in range(3000)]
kept = [Connection() for _ in range(5)]
for _ in range(2):
    lost = Connection(); lost.itself = lost
del lost
slotted = Slotted(); slotted.wire = socket.socket()
refused = Refused("no")
large = bytearray(3 << 20)
pyhandles.install("it.pkl", on=(), quiet=True)
pyhandles.capture()
"""


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder: Path = tmp_path_factory.mktemp("find")
    outcome = python(script(folder, HOLDS), cwd=folder)
    assert outcome.status == 0, outcome
    return Snapshot.open(outcome.snapshot("it.pkl"))


@pytest.mark.parametrize(
    ("filters", "types"),
    [
        ({"type": "Connection", "module": "__main__"}, {"__main__.Connection": 7}),
        ({"type": "__main__.Connection", "garbage": True}, {"__main__.Connection": 2}),
        ({"subtype_of": "Base"}, {"__main__.Connection": 7, "__main__.Slotted": 1}),
        ({"subtype_of": "OSError", "module": "__main__"}, {"__main__.Refused": 1}),
        ({"name": "Connection.close"}, {"function": 1, "code": 1}),
        ({"attr": "sock", "module": "__main__"}, {"__main__.Connection": 7}),
        ({"attr": "number", "module": "__main__"}, {"__main__.Connection": 7}),
        ({"attr": "wire", "subtype_of": "Base"}, {"__main__.Slotted": 1}),
        ({"refcount": ">2999", "type": "object"}, {"object": 1}),
        ({"size": ">3M"}, {"bytearray": 1}),
        ({"fd": True, "garbage": True}, {"socket.socket": 2}),
    ],
)
def test_a_real_program(captured: Snapshot, filters: dict[str, object], types: dict[str, int]):
    told: dict[str, int] = {}
    for row in find(captured, Filters(**filters)).page.rows:
        told[row.object.type] = told.get(row.object.type, 0) + 1

    assert told == types
