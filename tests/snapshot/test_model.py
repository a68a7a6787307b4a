from __future__ import annotations

import numpy as np

from pyhandles.format import NOTHING
from pyhandles.snapshot import Snapshot
from tests.heap import Heap


def test_objects_and_references_are_what_was_built():
    heap = Heap()
    handler = heap.instance("app.Handler")
    connection = heap.instance("app.Connection", held=2)
    heap.refer(connection, ".handler", handler)
    snapshot = heap.snapshot()

    [_, row] = snapshot.rows_of(connection)
    assert snapshot.targets[row] == handler
    assert snapshot.label(row).text == "attribute .handler"
    assert snapshot.refcounts[handler] == 1
    assert snapshot.refcounts[connection] == 2
    assert snapshot.at_address(heap.address(connection)) == connection


def test_an_address_where_nothing_is():
    snapshot = Heap().snapshot()

    assert snapshot.at_address(12) is None
    assert snapshot.at_address(2**70) is None


def test_types_are_named_with_their_module_but_for_builtins():
    heap = Heap()
    connection, items = heap.instance("app.db.Connection"), heap.list()
    snapshot = heap.snapshot()

    assert snapshot.type_name(connection) == "app.db.Connection"
    assert snapshot.type_name(items) == "list"


def test_an_object_without_a_known_type_is_an_object():
    heap = Heap()
    frame = heap.object("frame")
    heap._objects[frame].type = NOTHING

    assert heap.snapshot().type_name(frame) == "object"


def test_records_are_found_by_their_object():
    heap = Heap()
    function = heap.function("app.Pool.get", file="/srv/app.py", line=88)
    snapshot = heap.snapshot()

    record = snapshot.functions.of(function)

    assert (record.module, record.qualname) == ("app", "Pool.get")
    code = snapshot.codes.of(record.code)
    assert (code.name, code.file, code.line) == ("get", "/srv/app.py", 88)
    assert snapshot.functions.of(record.code) is None


def test_texts_that_are_not_there_are_none():
    heap = Heap()
    module = heap.module("app", file=None)

    assert heap.snapshot().modules.of(module).file is None


def test_surrogates_and_bytes_that_are_no_text_do_not_stop_reading():
    heap = Heap()
    first = heap.exception("ValueError", "bad \udcff byte")
    snapshot = heap.snapshot()
    assert snapshot.exceptions.of(first).message == "bad \udcff byte"

    broken = Snapshot(memoryview(heap.data()))
    broken.strings._utf8 = memoryview(b"\xff" * len(broken.strings._utf8))
    assert set(broken.exceptions.of(first).message) == {"\ufffd"}


def test_a_file_is_read_in_place(tmp_path):
    heap = Heap()
    heap.instance("app.Connection")
    heap.write(tmp_path / "a.pkl")

    snapshot = Snapshot.open(tmp_path / "a.pkl")

    assert snapshot.name == str(tmp_path / "a.pkl")
    assert not snapshot.addresses.flags.owndata
    assert not snapshot.addresses.flags.writeable
    assert np.array_equal(snapshot.addresses, heap.snapshot().addresses)


def test_what_is_derived_is_made_once():
    snapshot = Heap().snapshot()
    made = []

    def make(of: Snapshot) -> int:
        made.append(of)
        return 1

    assert snapshot.derive(make) == snapshot.derive(make) == 1
    assert made == [snapshot]
