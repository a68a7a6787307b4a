from __future__ import annotations

from pyhandles.findings.handles import handle_list, handles
from pyhandles.format import OwnerFlag, OwnerKind
from tests.heap import Heap

REGULAR = 0o100644


def test_one_row_for_each_open_descriptor_in_ascending_order():
    heap = Heap()
    for fd in (9, 3, 7):
        heap.tcp(fd)
    heap.socket(7, held=1)

    rows = handles(heap.snapshot())

    assert [row.fd for row in rows] == [3, 7, 9]
    assert [row.owner for row in rows] == [None, "socket.socket", None]
    assert {row.kind for row in rows} == {"socket"}


def test_an_owner_is_joined_by_its_number():
    heap = Heap()
    sock = heap.socket(7, held=1)
    heap.tcp(7)

    [row] = handles(heap.snapshot())

    assert row.owners[0].index == sock
    assert row.address == heap.address(sock)
    assert row.target == "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED"
    assert row.state == "open"


def test_two_owners_of_one_number_are_both_told_and_the_reachable_one_first():
    heap = Heap()
    garbage = heap.socket(7)
    heap.refer(garbage, ".me", garbage)
    reachable = heap.socket(7, held=1)
    heap.tcp(7)

    [row] = handles(heap.snapshot())

    assert [owner.index for owner in row.owners] == [reachable, garbage]


def test_a_borrower_is_no_owner():
    heap = Heap()
    heap.file(1, held=1, flags=OwnerFlag.BORROWED)
    heap.descriptor(1, "/srv/app.log", mode=REGULAR)

    [row] = handles(heap.snapshot())

    assert row.owners == ()


def test_an_owner_whose_number_is_closed_is_stale():
    heap = Heap()
    sock = heap.socket(7, held=1)

    [row] = handles(heap.snapshot())

    assert (row.fd, row.state, row.kind, row.target) == (None, "stale", "socket", "was fd 7")
    assert row.address == heap.address(sock)


def test_an_owner_whose_number_belongs_to_something_else_is_stale():
    heap = Heap()
    heap.socket(7, held=1)
    epoll = heap.object("select.epoll", held=1)
    heap.own(epoll, 8, OwnerKind.EPOLL)
    heap.descriptor(7, "/srv/app.log", mode=REGULAR)
    heap.tcp(8)

    rows = handles(heap.snapshot())

    assert [(row.fd, row.owner, row.state) for row in rows] == [
        (7, None, "open"),
        (8, None, "open"),
        (None, "socket.socket", "stale"),
        (None, "select.epoll", "stale"),
    ]


def test_a_file_object_may_stand_on_any_descriptor():
    heap = Heap()
    heap.file(7, held=1)
    heap.tcp(7)

    [row] = handles(heap.snapshot())

    assert row.owner == "_io.FileIO"


def test_a_closed_owner_is_no_row():
    heap = Heap()
    heap.socket(-1, held=1, flags=OwnerFlag.CLOSED)

    assert handles(heap.snapshot()) == []


def test_a_socket_that_waits_for_its_makefile_is_closing():
    heap = Heap()
    heap.socket(7, held=1, flags=OwnerFlag.CLOSING, uses=1)
    heap.tcp(7)

    [row] = handles(heap.snapshot())

    assert row.state == "closing"


def test_what_a_child_would_inherit():
    heap = Heap()
    heap.tcp(3, cloexec=0)
    heap.tcp(4, cloexec=1)
    heap.tcp(5, cloexec=-1)

    assert [row.inheritable for row in handles(heap.snapshot())] == [True, False, False]


def test_what_later_knowledge_fills_is_empty():
    heap = Heap()
    heap.tcp(3)

    [row] = handles(heap.snapshot())

    assert (row.opened_at, row.holder) == (None, None)


def test_a_part_of_the_list_counts_all_that_was_asked_for():
    heap = Heap()
    for fd in (9, 3, 7):
        heap.tcp(fd)
    heap.socket(7, held=1)
    heap.socket(8, held=1)
    snapshot = heap.snapshot()

    whole = handle_list(snapshot)
    assert list(whole.page.rows) == handles(snapshot)
    assert (whole.kinds, whole.stale) == ({"socket": 3}, 1)

    part = handle_list(snapshot, limit=2, offset=1)
    assert [row.fd for row in part.page.rows] == [7, 9]
    assert (part.page.total, part.kinds, part.stale) == (4, {"socket": 3}, 1)

    owned = handle_list(snapshot, class_="owned")
    assert [row.fd for row in owned.page.rows] == [7]
    assert (owned.kinds, owned.stale) == ({"socket": 1}, 0)
    assert handle_list(snapshot, kind="file").page.total == 0
    assert handle_list(snapshot, kind="socket").page.rows == whole.page.rows
