from __future__ import annotations

import io
import os
import pickle
import pickletools
import stat
import zlib
from array import array

import pytest

from pyhandles.dump.writer import write_snapshot
from pyhandles.format import MAGIC, TABLES, VERSION
from tests.heap import Heap

ALLOWED_OPCODES = {
    "PROTO", "EMPTY_DICT", "EMPTY_LIST", "MARK", "SETITEMS", "APPENDS", "SHORT_BINUNICODE", "BINUNICODE",
    "SHORT_BINBYTES", "BINBYTES8", "BININT", "LONG1", "BINFLOAT", "NEWTRUE", "NEWFALSE", "NONE", "STOP",
}  # fmt: skip


def a_heap() -> Heap:
    heap = Heap()
    heap.refer(heap.instance("app.Connection"), ".sock", heap.socket(7))
    heap.tcp(7)
    return heap


def test_the_standard_library_reads_what_was_written():
    snapshot = pickle.loads(a_heap().data())

    assert (snapshot["format"], snapshot["version"]) == (MAGIC, VERSION)
    assert snapshot["process"]["argv"] == ["app.py"]
    assert snapshot["tables"].keys() == TABLES.keys()
    column = snapshot["tables"]["objects"]["columns"]["address"]
    assert column["type"] == "<u8"
    assert column["crc32"] == zlib.crc32(column["data"])
    assert len(column["data"]) == 8 * snapshot["tables"]["objects"]["rows"]


def test_the_file_is_made_of_a_dozen_opcodes():
    assert {opcode.name for opcode, _, _ in pickletools.genops(a_heap().data())} <= ALLOWED_OPCODES


def test_every_column_begins_on_a_multiple_of_eight():
    data = a_heap().data()

    columns = [position for opcode, _, position in pickletools.genops(data) if opcode.name == "BINBYTES8"]

    assert len(columns) == sum(map(len, TABLES.values()))
    assert all((position + 1 + 8) % 8 == 0 for position in columns)


def test_values_of_every_size_come_back():
    values = {"int": 2**31, "negative": -(2**62), "float": 0.5, "text": "ä" * 300, "none": None, "list": [True, False]}
    heap = Heap()
    heap.header["extra"] = values

    assert pickle.loads(heap.data())["extra"] == values


def test_a_path_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.pkl"

    with pytest.raises(TypeError):
        write_snapshot(path, {"time": object()}, {})

    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_the_file(tmp_path):
    path = tmp_path / "a.pkl"
    before = os.umask(0)
    try:
        a_heap().write(path)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_columns_that_disagree_are_refused():
    columns = {name: array("I" if type_ == "<u4" else "Q") for name, type_ in TABLES["modules"].items()}
    columns["name"].append(1)

    with pytest.raises(ValueError, match="table modules differ"):
        write_snapshot(io.BytesIO(), {}, {"modules": columns})


def test_an_integer_beyond_64_bits_is_refused():
    with pytest.raises(ValueError, match="64 bits"):
        write_snapshot(io.BytesIO(), {"pid": 2**64}, {})
