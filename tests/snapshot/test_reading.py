"""What happens to files that are no good: one clear line each, and nothing else ever."""

from __future__ import annotations

import os
import pickle
import pickletools
import re
import struct
import tracemalloc
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhandles.dump import writer
from pyhandles.errors import SnapshotError
from pyhandles.format import DEEPEST_STACK, KERNEL_TABLES, NOTHING, RECORDED_TABLES, VERSION, MisuseKind
from pyhandles.snapshot import Snapshot
from tests.heap import Heap

STRIDE = 3
"""Of so many bytes one is tried: a field of any kind stands at some of them, and each trial reads all before it."""


@cache
def good() -> bytes:
    heap = Heap()
    connection = heap.instance("app.Connection")
    heap.refer(connection, ".sock", heap.socket(7))
    heap.refer(connection, ".on_closed", heap.function("app.on_closed", closure={"conns": heap.list(connection)}))
    heap.frame("main", conn=connection)
    heap.module("app", CONNECTION=connection)
    heap.tcp(7)
    stack = heap.stack(heap.site("socket.py", "connect", 3, standard=True), heap.site("app.py", "get", 88))
    heap.event("socket", fd=7, opened=True, stack=stack)
    heap.event("connect", fd=7, errno=111, detail="10.0.0.7:5432")
    heap.opening(7, "socket", stack=stack)
    heap.counter("connect", 1, errors={111: 1})
    heap.misuse(MisuseKind.LATE_USE, "write", fd=7, stack=stack)
    heap.wait(17, "poll", watching=[7])
    heap.open_file(7)
    heap.kernel_socket("tcp", "10.0.0.1:41830", "10.0.0.7:5432", inode=1007)
    heap.process(4711, command="sleep 100")
    heap.elsewhere(4711, 3, inode=1007)
    heap.failed_call("bind", 7, "10.0.0.7:5432")
    return heap.data()


def read(data: bytes) -> Snapshot:
    return Snapshot(memoryview(data), "a.pkl")


def complaint(data: bytes) -> str:
    with pytest.raises(SnapshotError) as error:
        read(data)
    assert error.value.exit_code == 2
    assert error.value.hint
    assert "\n" not in error.value.message
    return error.value.message


def read_or_refuse(data: bytes) -> None:
    """Any other exception fails the test."""
    with suppress(SnapshotError):
        read(data)


def test_an_empty_file():
    assert complaint(b"") == "a.pkl is empty"


@pytest.mark.parametrize("data", [b"hello, world", b"\x7fELF" + bytes(100), pickle.dumps({"format": "another"})])
def test_something_else(data):
    assert complaint(data) == "a.pkl is not a pyhandles snapshot"


def test_a_pickle_that_would_run_code_is_not_run(tmp_path):
    witness = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return Path.touch, (witness,)

    assert complaint(pickle.dumps(Evil())) == "a.pkl is not a pyhandles snapshot"
    assert not witness.exists()


def test_a_global_within_a_snapshot_is_refused():
    data = good().replace(b"\x8c\x04test", b"cos\nabort\n")

    assert complaint(data).startswith("a.pkl is altered: byte ")


def test_a_newer_version():
    data = good().replace(struct.pack("<i", VERSION), struct.pack("<i", 7), 1)

    assert complaint(data) == f"a.pkl is of format version 7; this pyhandles reads up to version {VERSION}"


def test_a_file_cut_short_says_so_wherever_it_is_cut():
    data = good()
    for length in range(1, len(data), STRIDE):
        assert (
            complaint(data[:length]) == f"a.pkl is cut short: it ends after {length:,} bytes, before the snapshot does"
        )


def test_bytes_after_the_end():
    assert complaint(good() + b"more") == "a.pkl is altered: 4 bytes follow its end"


@pytest.mark.parametrize(
    "greedy",
    [
        b"\x8e" + struct.pack("<Q", 2**62),
        b"X" + struct.pack("<I", 2**32 - 1),
        b"](" * 10_000,
        b"N" * 10_000_000,
    ],
    ids=["bytes", "text", "nested", "many"],
)
def test_a_few_bytes_that_ask_for_gigabytes_get_none(greedy):
    beginning = good()[: good().index(b"\x8c\x06writer")]
    tracemalloc.start()
    try:
        complaint(beginning + b"\x8c\x01x" + b"](" + greedy)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 32_000_000


def test_a_flipped_bit_is_noticed_wherever_it_is():
    data = bytearray(good())
    for position in range(0, len(data), STRIDE):
        bit = 1 << position % 8
        data[position] ^= bit
        complaint(bytes(data))
        data[position] ^= bit


def test_a_flipped_bit_in_any_column_says_in_which():
    data = bytearray(good())
    for column, at in columns_by_place(good()):
        for bit in (0, 8 * len(column) - 1) if column else ():
            data[at + bit // 8] ^= 1 << bit % 8
            assert re.search(r"column \w+\.\w+ does not match its checksum", complaint(bytes(data)))
            data[at + bit // 8] ^= 1 << bit % 8


def test_a_flipped_bit_in_a_small_field_is_told_from_one_in_a_column():
    altered = good().replace(struct.pack("<i", 4242), struct.pack("<i", 4243))

    assert complaint(altered) == "a.pkl is altered: what stands between its columns does not match its checksum"


def test_a_file_without_its_checksum():
    at = good().rindex(b"\x8c\x05crc32")

    assert complaint(good()[:at] + b"u.") == "a.pkl is altered: it does not end with a checksum"


def columns_by_place(data: bytes) -> list[tuple[bytes, int]]:
    """Each column's bytes and where they begin."""
    return [(content, at + 1 + 8) for opcode, content, at in pickletools.genops(data) if opcode.name == "BINBYTES8"]


@given(st.binary(max_size=200), st.integers(min_value=0))
def test_foreign_bytes_in_the_middle_give_a_clear_line_or_do_no_harm(foreign, position):
    data = good()
    at = position % len(data)

    read_or_refuse(data[:at] + foreign + data[at + len(foreign) :])


def rewritten(change) -> bytes:
    """The good snapshot with its content changed by ``change``, and all checksums right again."""
    content = pickle.loads(good())
    change(content)
    del content["format"], content["version"]
    tables = content.pop("tables")
    del content["crc32"]
    types = {
        name: {column: each["type"] for column, each in table["columns"].items()} for name, table in tables.items()
    }
    columns = {
        name: {column: each["data"] for column, each in table["columns"].items()} for name, table in tables.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "TABLES", types)
        file = _Bytes()
        writer.write_snapshot(file, content, columns)
    return bytes(file)


class _Bytes(bytearray):
    def write(self, data) -> None:
        self.extend(data)


def sealed(data: bytes) -> bytes:
    """The bytes of a snapshot with the checksum at their end made right."""
    end = data.rindex(b"\x8c\x05crc32") + len(b"\x8c\x05crc32")
    outside, position = b"", 0
    for column, at in columns_by_place(data):
        outside += data[position:at]
        position = at + len(column)
    return data[:end] + b"\x8a\x08" + struct.pack("<q", zlib.crc32(outside + data[position:end])) + b"u."


def set_number(table: str, column: str, row: int, number: int):
    def change(content):
        each = content["tables"][table]["columns"][column]
        width = int(each["type"][2:])
        data = bytearray(each["data"])
        data[row * width : (row + 1) * width] = number.to_bytes(width, "little")
        each["data"] = bytes(data)

    return change


def test_rewriting_without_a_change_is_good():
    assert read(rewritten(lambda _content: None)).n_objects == read(good()).n_objects


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_number("references", "target", 0, 10**6), "row 0 of references.target points outside its table"),
        (set_number("references", "target", 2, NOTHING), "row 2 of references.target points outside its table"),
        (set_number("references", "label", 0, 31 << 27), "references.label holds a kind of label that is not known"),
        (set_number("references", "label", 0, 1 << 27 | 99999), "references.label names a text that is not there"),
        (set_number("objects", "end", 0, 10**6), "objects.end does not divide the"),
        (set_number("objects", "type", 0, 10**6), "row 0 of objects.type points outside its table"),
        (set_number("strings", "end", 0, 10**6), "strings.end does not divide the"),
        (set_number("owners", "object", 0, NOTHING), "row 0 of owners.object points outside its table"),
        (set_number("owners", "kind", 0, 99), "owners.kind holds a kind that is not known"),
        (set_number("frames", "thread", 0, 99), "row 0 of frames.thread points outside its table"),
        (set_number("modules", "name", 0, 10**6), "row 0 of modules.name points outside its table"),
        (set_number("sites", "function", 0, 10**6), "row 0 of sites.function points outside its table"),
        (set_number("stacks", "end", 0, 1), "stacks.end does not divide the 2 rows of stack_frames"),
        (set_number("stacks", "site", 0, 2), "row 0 of stacks.site points outside its table"),
        (set_number("stack_frames", "site", 1, NOTHING), "row 1 of stack_frames.site points outside its table"),
        (set_number("events", "stack", 0, 1), "row 0 of events.stack points outside its table"),
        (set_number("events", "call", 1, NOTHING), "row 1 of events.call points outside its table"),
        (set_number("events", "detail", 1, 10**6), "row 1 of events.detail points outside its table"),
        (set_number("events", "sequence", 1, 1), "events.sequence does not ascend"),
        (set_number("openings", "stack", 0, 1), "row 0 of openings.stack points outside its table"),
        (set_number("counters", "site", 0, 2), "row 0 of counters.site points outside its table"),
        (set_number("counter_errors", "counter", 0, 1), "row 0 of counter_errors.counter points outside its table"),
        (set_number("misuses", "opened_stack", 0, 1), "row 0 of misuses.opened_stack points outside its table"),
        (set_number("misuses", "kind", 0, 5), "misuses.kind holds a kind that is not known"),
        (lambda content: content.pop("recorder"), "its table counter_errors is of a recorder that did not run"),
        (lambda content: content.update(recorder=[]), "its recorder is a list"),
        (lambda content: content["recorder"].pop("depth"), "its recorder.depth is a NoneType"),
        (lambda content: content["recorder"].update(events=True), "its recorder.events is a bool"),
        (lambda content: content["recorder"].update(unseen=-1), "its recorder.unseen is below nothing"),
        (lambda content: content["recorder"].update(since=1e300), "its recorder.since is a number of no clock"),
        (lambda content: content["recorder"].update(since=float("nan")), "its recorder.since is below nothing"),
        (set_number("waits", "state", 0, 3), "waits.state holds a state that is not known"),
        (set_number("waits", "call", 0, 10**6), "row 0 of waits.call points outside its table"),
        (set_number("sockets", "peer", 0, 10**6), "row 0 of sockets.peer points outside its table"),
        (set_number("processes", "command", 0, 10**6), "row 0 of processes.command points outside its table"),
        (lambda content: content.pop("kernel"), "its table files is of a kernel that was not asked"),
        (lambda content: content.update(kernel=[]), "its kernel is a list"),
        (lambda content: content["kernel"].update(sockets=3), "its kernel.sockets is a int"),
        (lambda content: content["kernel"].pop("hidden"), "its kernel.hidden is a NoneType"),
        (lambda content: content["failed_call"].update(fd=None), "its failed_call.fd is a NoneType"),
        (lambda content: content.pop("gc"), "it has no gc.enabled"),
        (lambda content: content["gc"].update(enabled="yes"), "its gc.enabled is a str"),
        (lambda content: content["gc"].update(counts=["many"]), "its gc.counts holds other things than int"),
        (lambda content: content["process"].update(pid=True), "its process.pid is a bool"),
        (lambda content: content.update(process=[]), "its process.pid is a list"),
        (lambda content: content["python"].pop("hexversion"), "it has no python.hexversion"),
        (lambda content: content.update(time=-1.0), "its time is a number of no clock"),
        (lambda content: content["capture"].update(seconds=float("nan")), "its seconds is a number of no clock"),
        (lambda content: content["tables"].pop("owners"), "its table owners is a NoneType"),
        (lambda content: content["tables"]["owners"]["columns"].pop("fd"), "its column owners.fd is a NoneType"),
    ],
)
def test_a_snapshot_that_does_not_hold_together_says_where(change, reason):
    assert complaint(rewritten(change)).startswith(f"a.pkl is altered: {reason}")


def test_a_column_of_another_type_is_refused():
    def change(content):
        content["tables"]["owners"]["columns"]["fd"]["type"] = "<u4"

    assert complaint(rewritten(change)) == "a.pkl is altered: column owners.fd is of type '<u4', not '<i4'"


def test_a_column_that_is_not_known_is_ignored():
    def change(content):
        rows = content["tables"]["owners"]["rows"]
        content["tables"]["owners"]["columns"]["colour"] = {"type": "<u4", "data": bytes(4 * rows)}

    assert read(rewritten(change)).n_objects == read(good()).n_objects


def test_a_table_that_was_added_within_the_version_may_be_missing():
    snapshot = read(rewritten(lambda content: content["tables"].pop("tasks")))

    assert len(snapshot.tasks) == 0
    assert snapshot.tasks.of(0) is None


def test_a_file_that_is_older_than_the_recorder_is_read():
    def change(content):
        del content["recorder"]
        for table in RECORDED_TABLES:
            del content["tables"][table]

    snapshot = read(rewritten(change))

    assert snapshot.header.recorder is None
    assert len(snapshot.events) == len(snapshot.openings) == 0


def test_a_file_that_is_older_than_what_the_kernel_tells_is_read():
    def change(content):
        del content["kernel"], content["failed_call"]
        for table in KERNEL_TABLES:
            del content["tables"][table]

    snapshot = read(rewritten(change))

    assert snapshot.header.kernel is snapshot.header.failed_call is None
    assert len(snapshot.waits) == len(snapshot.processes) == 0


def test_a_stack_deeper_than_any_that_is_recorded():
    heap = Heap()
    heap.stack(*[heap.site("app.py", "down", 1)] * (DEEPEST_STACK + 1))

    assert complaint(heap.data()) == "a.pkl is altered: stacks.end makes a stack deeper than any that is recorded"


def test_a_column_with_too_few_rows_is_refused():
    data = good()
    column, at = next(each for each in columns_by_place(data) if each[0])
    shorter = data[: at - 8] + struct.pack("<Q", len(column) - 8) + data[at : at + len(column) - 8]
    shorter = sealed(shorter + data[at + len(column) :])

    assert re.search(r"column objects.address holds \d+ bytes for \d+ rows of <u8", complaint(shorter))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SnapshotError, match=r"none\.pkl cannot be read: No such file"):
        Snapshot.open(tmp_path / "none.pkl")


def test_a_directory_and_a_pipe_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, what in ((tmp_path, "is a directory"), (tmp_path / "pipe", "is not a file")):
        with pytest.raises(SnapshotError, match=what):
            Snapshot.open(path)


def test_an_empty_file_on_disk(tmp_path):
    (tmp_path / "a.pkl").touch()
    with pytest.raises(SnapshotError, match=r"a\.pkl is empty"):
        Snapshot.open(tmp_path / "a.pkl")
