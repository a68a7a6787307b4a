from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyhandles.errors import UnknownObject
from pyhandles.findings.source import NoSource, Source, source
from pyhandles.format import FrameKind
from tests.heap import Heap

APP = """\
import socket

class Pool:
    limit = 64

    def get(self):
        return socket.socket()

    class Entry:
        pass

def serve(pool):
    conn = pool.get()
    while True:
        conn.recv(1)
"""
CAPTURED = 1_700_000_000


@pytest.fixture
def app(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(APP)
    os.utime(path, (CAPTURED - 60, CAPTURED - 60))
    return path


def ask(heap: Heap, name: str | int, **options: int) -> Source:
    return source(heap.snapshot(), f"#{name}" if isinstance(name, int) else name, **options)


def test_of_a_running_frame_its_line_is_the_one(app: Path):
    heap = Heap()
    found = ask(heap, heap.frame("serve", file=str(app), line=15), context=1)

    assert (found.file, found.line, found.first) == (str(app), 15, 14)
    assert found.lines == ("    while True:", "        conn.recv(1)")
    assert (found.newer, found.note) == (False, None)


def test_of_a_function_its_first_line_is_the_one(app: Path):
    heap = Heap()
    found = ask(heap, heap.function("app.serve", file=str(app), line=12), context=0)

    assert found.lines == ("def serve(pool):",)


def test_of_a_class_the_line_that_begins_it_is_found_above_its_first_method(app: Path):
    heap = Heap()
    heap.function("app.Pool.get", file=str(app), line=6, held=1)

    assert ask(heap, heap.type("app.Pool")).line == 3


def test_a_class_without_methods_is_found_by_its_name_in_its_module(app: Path):
    heap = Heap()
    heap.module("app", file=str(app))

    assert ask(heap, heap.type("app.Entry")).line == 9


def test_a_class_that_no_line_begins_is_where_its_first_method_is(app: Path):
    heap = Heap()
    heap.function("app.Made.get", file=str(app), line=6, held=1)
    found = ask(heap, heap.type("app.Made"))

    assert (found.line, found.note) == (6, "its first method: no line above it begins the class")


def test_of_another_object_it_is_the_class(app: Path):
    heap = Heap()
    heap.function("app.Pool.get", file=str(app), line=6, held=1)

    assert ask(heap, heap.instance("app.Pool")).line == 3


def test_of_a_module_it_is_the_beginning(app: Path):
    heap = Heap()

    assert ask(heap, heap.module("app", file=str(app))).line == 1


def test_methods_partials_and_tasks_lead_to_what_they_run(app: Path):
    heap = Heap()
    serve = heap.function("app.serve", file=str(app), line=12)
    partial, task = heap.object("functools.partial"), heap.object("_asyncio.Task")
    heap.refer(partial, "member func", heap.method(serve, heap.instance("app.Pool")))
    coroutine = heap.generator("serve", file=str(app), line=13, kind=FrameKind.COROUTINE)
    heap.refer(task, "member _coro", coroutine)

    assert ask(heap, partial).line == 12
    assert ask(heap, coroutine).line == ask(heap, task).line == 13


def test_an_exception_leads_to_where_it_was_raised(app: Path):
    heap = Heap()
    error, outer, inner = heap.exception("OSError", "no"), heap.object("traceback"), heap.object("traceback")
    heap.refer(error, "member __traceback__", outer)
    heap.refer(outer, "member tb_next", inner)
    heap.refer(outer, "member tb_frame", heap.frame("main", file=str(app), line=1))
    heap.refer(inner, "member tb_frame", heap.frame("serve", file=str(app), line=13, depth=1))

    assert ask(heap, error).line == ask(heap, outer).line == 13


def test_a_name_with_dots_will_do(app: Path):
    heap = Heap()
    heap.function("app.Pool.get", file=str(app), line=6, held=1)

    assert ask(heap, "app.Pool.get").line == ask(heap, "Pool.get").line == 6


def test_a_name_that_several_have_is_asked_for_in_full(app: Path):
    heap = Heap()
    for module in ("app", "lib"):
        heap.function(f"{module}.serve", file=str(app), line=12, held=1)

    assert ask(heap, "lib.serve").line == 12
    with pytest.raises(UnknownObject) as raised:
        ask(heap, "serve")
    assert raised.value.hint == "Say which: app.serve, lib.serve."


def test_a_file_that_is_newer_than_the_snapshot_is_told(app: Path):
    heap = Heap()
    os.utime(app, (CAPTURED + 60, CAPTURED + 60))

    assert ask(heap, heap.function("app.serve", file=str(app), line=12)).newer


def test_a_file_that_is_not_there_is_told():
    heap = Heap()
    function = heap.function("app.serve", file="/srv/nowhere/app.py", line=12)

    with pytest.raises(NoSource, match=r"/srv/nowhere/app.py, line 12, cannot be read here: No such file"):
        ask(heap, function)


def test_a_relative_path_counts_from_where_the_process_was(app: Path):
    heap = Heap()
    heap.header["process"]["cwd"] = str(app.parent)

    assert ask(heap, heap.function("app.serve", file="app.py", line=12)).file == str(app)


@pytest.mark.parametrize("cwd", [None, 7, "a\0b"])
def test_where_the_process_was_may_not_be_known(cwd: object):
    heap = Heap()
    heap.header["process"]["cwd"] = cwd

    with pytest.raises(NoSource):
        ask(heap, heap.function("app.serve", file="nowhere.py", line=12))


def test_a_line_that_the_file_does_not_have_is_told(app: Path):
    heap = Heap()

    with pytest.raises(NoSource, match="has 15 lines"):
        ask(heap, heap.function("app.serve", file=str(app), line=200))


def test_what_was_never_in_a_file_is_told():
    heap = Heap()

    with pytest.raises(NoSource, match="is in no file"):
        ask(heap, heap.function("app.made", file="<string>"))


def test_what_has_no_source_is_told():
    heap = Heap()

    with pytest.raises(UnknownObject, match="list of 0 has no source"):
        ask(heap, heap.list())


def test_neither_a_pipe_nor_a_device_is_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "app.py")
    for path in (tmp_path / "app.py", Path("/dev/zero"), tmp_path):
        heap = Heap()
        with pytest.raises(NoSource, match="is no source file"):
            ask(heap, heap.function("app.serve", file=str(path)))


def test_bytes_are_read_in_the_encoding_that_the_file_names(tmp_path: Path):
    path = tmp_path / "app.py"
    path.write_bytes("# coding: latin-1\nx = 'é'\n".encode("latin-1"))
    heap = Heap()

    assert ask(heap, heap.function("app.serve", file=str(path), line=2)).lines[1] == "x = 'é'"


@pytest.mark.parametrize("data", [b"# coding: nonsense\nx\n", b"\xff\xfe\x00\nx\n", b"x\0y\nx\n", b"\r\rx"])
def test_whatever_the_file_holds_has_lines(tmp_path: Path, data: bytes):
    path = tmp_path / "app.py"
    path.write_bytes(data)
    heap = Heap()

    assert len(ask(heap, heap.function("app.serve", file=str(path), line=2)).lines) >= 2
