"""Where descriptors were opened: what the recorder saw, as far as the kernel's list bears it out."""

from __future__ import annotations

import pytest

from pyhandles.findings.clusters import clusters
from pyhandles.findings.handles import handles
from pyhandles.findings.identify import identify
from pyhandles.findings.show import show
from pyhandles.findings.why import why
from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask
from pyhandles.shell.session import Session
from tests.heap import Heap

REGULAR = 0o100644


def called(heap: Heap, function: str = "Pool.get", line: int = 88) -> int:
    """A stack: ``socket.create_connection`` called by this function."""
    library = heap.site("/usr/lib/python3.12/socket.py", "create_connection", 845, standard=True)
    return heap.stack(library, heap.site("/srv/app/pool.py", function, line))


def opened(heap: Heap) -> dict[int | None, str | None]:
    return {handle.fd: handle.opened_at for handle in handles(heap.snapshot())}


def test_a_descriptor_was_opened_by_the_innermost_frame_outside_the_standard_library():
    heap = Heap()
    sock = heap.socket(7, held=1)
    heap.tcp(7)
    heap.opening(7, "socket", stack=called(heap))
    snapshot = heap.snapshot()

    place = "pool.py:88 in Pool.get"
    assert [handle.opened_at for handle in handles(snapshot)] == [place]
    assert identify(snapshot, [sock], fd=7).handle.opened_at == place
    assert why(snapshot, [sock], fd=7).opened_at == place
    assert show(snapshot, sock).special["opened_at"] == place


def test_each_number_has_its_own():
    heap = Heap()
    for fd in (3, 4, 5):
        heap.descriptor(fd, "/srv/a", mode=REGULAR)
    heap.opening(4, "openat", stack=called(heap, "first", 1))
    heap.opening(3, "openat", stack=called(heap, "second", 2))

    assert opened(heap) == {3: "pool.py:2 in second", 4: "pool.py:1 in first", 5: None}


def test_where_no_python_ran_the_library_is_told():
    heap = Heap()
    heap.tcp(7)
    heap.opening(7, "socket", stack=heap.stack(heap.site("/usr/lib/libcares.so.2", native=True)))

    assert opened(heap) == {7: "libcares.so.2"}


def test_without_a_stack_nothing_is_told():
    heap = Heap()
    heap.tcp(7)
    heap.opening(7, "socket")

    assert opened(heap) == {7: None}


def test_the_opening_of_a_number_is_not_that_of_a_stale_owner():
    heap = Heap()
    heap.socket(7, held=1)
    heap.descriptor(7, "/srv/app.log", mode=REGULAR)
    heap.opening(7, "open", stack=called(heap, "log", 3))

    assert opened(heap) == {7: "pool.py:3 in log", None: None}


def test_a_number_that_is_not_open_has_no_opening():
    heap = Heap()
    heap.socket(7, held=1)
    heap.opening(7, "socket", stack=called(heap))

    assert opened(heap) == {None: None}


@pytest.mark.parametrize(
    ("call", "link", "is_told"),
    [
        ("socket", "socket:[1]", True),
        ("socket", "/srv/a", False),
        ("accept4", "socket:[1]", True),
        ("openat", "/srv/a", True),
        ("__open64_2", "socket:[1]", False),
        ("open", "anon_inode:[eventpoll]", False),
        ("openpty", "/dev/pts/1", True),
        ("opendir", "/srv", True),
        ("pipe2", "pipe:[1]", True),
        ("pipe", "socket:[1]", False),
        ("epoll_create1", "anon_inode:[eventpoll]", True),
        ("dup2", "socket:[1]", True),
        ("recvmsg", "/srv/a", True),
    ],
)
def test_something_else_at_the_number_than_the_call_can_have_made_was_opened_unseen(call, link, is_told):
    heap = Heap()
    heap.descriptor(7, link, mode=REGULAR)
    heap.opening(7, call, stack=called(heap))

    assert opened(heap) == {7: "pool.py:88 in Pool.get" if is_told else None}


def leak() -> Heap:
    """Four connections in a list, opened at two lines."""
    heap = Heap()
    first, second = called(heap), called(heap, "Pool.<locals>.retry", 90)
    connections = []
    for fd in (4, 5, 6, 7):
        connections.append(heap.instance("app.pool.Connection"))
        heap.refer(connections[-1], ".sock", heap.socket(fd))
        heap.tcp(fd)
        heap.opening(fd, "socket", stack=second if fd == 4 else first)
    heap.module("app", POOL=heap.list(*connections))
    return heap


def test_leaks_count_where_they_were_opened():
    [cluster] = clusters(leak().snapshot())

    assert dict(cluster.opened_at) == {"pool.py:88 in Pool.get": 3, "pool.py:90 in Pool.<locals>.retry": 1}


def shown(command: str, width: int) -> list[str]:
    return [line.plain for line in text_lines(ask(Session(leak().snapshot(), "a.pkl"), command), width)]


def test_at_80_columns_the_list_says_where_each_was_opened():
    titles, first, second, *_ = shown("io list", 80)

    assert titles.split() == ["fd", "target", "class", "holder", "opened", "at"]
    assert first.endswith("Connection.sock  pool.py:90 in retry")
    assert second.endswith("Connection.sock  pool.py:88 in get")


def test_leaks_say_where_most_were_opened_and_then_where_each():
    lines = shown("leaks", 80)

    assert "pool.py:88" in lines[1]
    assert "opened at  pool.py:88 in Pool.get (3), pool.py:90 in Pool.<locals>.retry" in lines


def test_identify_says_where_it_was_opened():
    assert "opened at pool.py:88 in Pool.get" in shown("identify 5", 80)


def test_what_was_not_recorded_is_not_spoken_of():
    heap = Heap()
    heap.tcp(7)
    session = Session(heap.snapshot(), "a.pkl")

    for command in ("io list", "leaks", "identify 7"):
        assert "opened at" not in "".join(line.plain for line in text_lines(ask(session, command), 200))
