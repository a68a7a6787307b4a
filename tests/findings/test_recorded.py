from __future__ import annotations

import pytest

from pyhandles.errors import NotRecorded
from pyhandles.findings.recorded import (
    caller_text,
    must_be_recorded,
    site_text,
    stack_site_text,
    stack_texts,
    thread_text,
    way_texts,
)
from pyhandles.format import NOTHING
from tests.heap import Heap


def test_a_site_in_python_is_a_line_and_its_function():
    heap = Heap()
    site = heap.site("/srv/app/pool.py", "Pool.get", 88)
    snapshot = heap.snapshot()

    assert site_text(snapshot, site) == "pool.py:88 in Pool.get"
    assert caller_text(snapshot, site) == "`get()` at pool.py:88"
    assert site_text(snapshot, NOTHING) is caller_text(snapshot, NOTHING) is None


def test_a_site_without_python_is_the_library_that_called():
    heap = Heap()
    library, nowhere = heap.site("/usr/lib/libcares.so.2", native=True), heap.site(None, native=True)
    snapshot = heap.snapshot()

    assert site_text(snapshot, library) == caller_text(snapshot, library) == "libcares.so.2"
    assert site_text(snapshot, nowhere) == "native code"


def test_a_stack_tells_of_the_innermost_site_outside_the_standard_library():
    heap = Heap()
    inside = heap.site("/usr/lib/python3.12/socket.py", "create_connection", 850, standard=True)
    get, main = heap.site("pool.py", "Pool.get", 88), heap.site("app.py", "main", 12)
    heap.stack(main)
    stack = heap.stack(inside, get, main)
    snapshot = heap.snapshot()

    assert stack_site_text(snapshot, stack) == "pool.py:88 in Pool.get"
    assert stack_texts(snapshot, stack) == (
        "socket.py:850 in create_connection",
        "pool.py:88 in Pool.get",
        "app.py:12 in main",
    )
    assert stack_site_text(snapshot, NOTHING) is None
    assert stack_texts(snapshot, NOTHING) == ()


def test_the_way_to_a_call_begins_where_the_program_does():
    heap = Heap()
    inside = heap.site("/usr/lib/python3.12/socket.py", "create_connection", 850, standard=True)
    get, begin = heap.site("pool.py", "Pool.get", 88), heap.site("threading.py", "Thread._bootstrap", 9, standard=True)
    way, standard = heap.stack(inside, get, begin), heap.stack(inside, begin)
    snapshot = heap.snapshot()

    assert way_texts(snapshot, way) == ("socket.py:850 in create_connection", "pool.py:88 in Pool.get")
    assert way_texts(snapshot, standard) == stack_texts(snapshot, standard)


def test_a_thread_has_its_name_while_it_lives_and_its_number_after():
    heap = Heap()
    heap.thread("worker-3", native=77)
    snapshot = heap.snapshot()

    assert [thread_text(snapshot, native) for native in (77, 78, 0)] == ["worker-3", "78", None]


def test_where_nothing_was_recorded_one_line_says_how_to_record():
    with pytest.raises(NotRecorded, match="nothing was recorded") as error:
        must_be_recorded(Heap().snapshot())
    assert "record=True" in error.value.hint
    assert error.value.exit_code == 1
