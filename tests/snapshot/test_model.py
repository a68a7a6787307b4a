from __future__ import annotations

import numpy as np

from pyhandles.format import NOTHING, EventFlag, MisuseKind
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


def test_a_recording_is_read_as_it_was_told():
    heap = Heap()
    inside = heap.site("/usr/lib/python3.12/socket.py", "create_connection", 31, standard=True)
    outside = heap.site("app.py", "Pool.get", 88)
    library = heap.site("/usr/lib/libcares.so.2", native=True)
    stack, native, empty = heap.stack(inside, outside), heap.stack(library), heap.stack()
    heap.event("socket", fd=5, opened=True, stack=stack)
    heap.event("connect", fd=5, errno=111, detail="10.0.0.7:5432", time=7, thread=9, duration=3)
    heap.opening(5, "socket", stack=stack)
    counter = heap.counter("connect", outside, count=3, errors={111: 2}, nanoseconds=40)
    heap.misuse(MisuseKind.DOUBLE_CLOSE, fd=5, stack=native, closed=(6, 1, stack))
    snapshot = heap.snapshot()

    assert snapshot.header.recorder["events"] == 2
    assert [site.function for site in snapshot.sites_of(stack)] == ["create_connection", "Pool.get"]
    assert snapshot.sites[snapshot.stacks[stack].site].file == "app.py"
    assert snapshot.sites_of(native) == ((library_site := snapshot.sites[library]),)
    assert (library_site.file, library_site.function) == ("/usr/lib/libcares.so.2", None)
    assert snapshot.sites_of(empty) == snapshot.sites_of(NOTHING) == ()
    opened, connected = snapshot.events
    assert (opened.call, opened.fd, opened.result, opened.flags) == ("socket", 5, 5, EventFlag.OPENED)
    assert (opened.sequence, opened.generation, opened.stack, opened.detail) == (1, 1, stack, None)
    assert (connected.errno, connected.result, connected.detail) == (111, -1, "10.0.0.7:5432")
    assert (connected.time, connected.thread, connected.duration) == (7, 9, 3)
    [opening] = snapshot.openings
    assert (opening.fd, opening.pid, opening.generation) == (5, 4242, 1)
    [counted] = snapshot.counters
    assert (counted.site, counted.count, counted.errors, counted.run_first) == (outside, 3, 2, -1)
    assert list(snapshot.counter_errors) == [(counter, 111, 2)]
    [misuse] = snapshot.misuses
    assert (misuse.kind, misuse.closed_stack, misuse.opened_stack) == (MisuseKind.DOUBLE_CLOSE, stack, NOTHING)


def test_without_a_recorder_there_is_no_recording():
    snapshot = Heap().snapshot()

    assert snapshot.header.recorder is None
    assert not any(map(len, (snapshot.sites, snapshot.stacks, snapshot.events, snapshot.openings, snapshot.counters)))


def test_a_recorder_that_saw_nothing():
    heap = Heap()
    heap.record(depth=3)

    assert heap.snapshot().header.recorder["depth"] == 3
