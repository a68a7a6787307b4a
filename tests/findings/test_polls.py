"""What is waited for in sets, and what is wrong with it."""

from __future__ import annotations

import pytest

from pyhandles.findings.polls import ADVICE, PollSet, polls
from pyhandles.format import LABEL_KIND_SHIFT, LabelKind, OwnerFlag, OwnerKind
from pyhandles.snapshot.labels import zigzag
from tests.heap import Heap

EPOLL = "anon_inode:[eventpoll]"
SOCKETS = 9
"""The device on which sockets are."""


def epoll_heap(fd: int = 4) -> Heap:
    """An epoll that a server's variable has."""
    heap = Heap()
    heap.descriptor(fd, EPOLL, inode=55)
    epoll = heap.object("select.epoll")
    heap.own(epoll, fd, OwnerKind.EPOLL)
    server = heap.instance("app.Server")
    heap.refer(server, ".events", epoll)
    heap.module("app", SERVER=server)
    return heap


def sock(heap: Heap, fd: int, *, inode: int | None = None, peer: str = "10.0.0.7:5432") -> None:
    heap.tcp(fd, peer, device=SOCKETS, inode=1000 + fd if inode is None else inode)


def only(heap: Heap, fd: int | None = None) -> PollSet:
    [found] = polls(heap.snapshot(), fd).rows
    return found


def test_a_set_is_told_with_its_object_and_what_it_watches():
    heap = epoll_heap()
    sock(heap, 7)
    heap.epoll_set(4, {7: 1007}, events=1 | 4 | 8 | 16, device=SOCKETS)
    found = only(heap)

    assert (found.set, found.owner, found.holder) == (4, "select.epoll", "Server.events")
    [watched] = found.watched
    assert (watched.fd, watched.events, watched.state, watched.registered) == (7, "readable, writable", "ok", None)
    assert watched.target == "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED"
    assert (found.text, found.problems, found.advice) == (
        "epoll fd 4 watches 1 number; no thread waits in it",
        (),
        None,
    )


@pytest.mark.parametrize(
    ("events", "text"),
    [
        (0x2000 | 1, "readable, closed by the peer"),
        (1 | 1 << 31, "readable, edge-triggered"),
        (4 | 1 << 30 | 1 << 28, "writable, once, exclusive"),
        (0x40 | 0x80, "readable, urgent"),
        (8 | 16, "error, end"),
        (0, "nothing"),
    ],
)
def test_events_are_told_in_words(events: int, text: str):
    heap = epoll_heap()
    sock(heap, 7)
    heap.epoll_set(4, {7: 1007}, events=events, device=SOCKETS)

    assert only(heap).watched[0].events == text


def test_who_waits_in_a_set_is_told():
    heap = epoll_heap()
    for native, name in ((17, "reactor"), (18, "other")):
        heap.thread(name, native=native)
    heap.wait(17, "epoll_wait", fd=4)
    heap.wait(18, "epoll_wait", fd=9)
    found = only(heap)

    assert found.threads == ("reactor",)
    assert found.text == "epoll fd 4 watches 0 numbers; thread reactor waits in it"


def test_who_waits_in_a_set_that_was_closed_does_not_wait_in_the_one_that_has_its_number():
    heap = epoll_heap()
    heap.thread("reactor", native=17)
    old = heap.object("select.epoll")
    heap.own(old, -1, OwnerKind.EPOLL, flags=OwnerFlag.CLOSED)
    heap.refer(heap.frame("run", thread="reactor"), "stack 0", old, uncounted=True)
    heap.wait(17, "epoll_wait", fd=4)

    assert only(heap).threads == ()


def test_a_number_that_leads_to_another_file_than_was_registered_is_stale():
    heap = epoll_heap()
    sock(heap, 7, inode=2000)
    sock(heap, 9)
    heap.epoll_set(4, {7: 1009}, device=SOCKETS)
    found = only(heap)

    [watched] = found.watched
    assert (watched.state, watched.registered) == ("stale", "socket:[1009]")
    [problem] = found.problems
    assert problem == (
        "fd 7 is tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED by now, but what was registered, tcp "
        "10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED, is still open (fd 9 of this process), so its events still arrive"
    )
    assert found.advice == ADVICE


def test_a_number_that_is_closed_is_watched_as_long_as_another_process_has_the_file():
    heap = epoll_heap()
    heap.process(4711, parent=4242, command="sleep 100")
    heap.elsewhere(4711, 3, inode=1007, device=SOCKETS)
    sock(heap, 8)
    heap.epoll_set(4, {7: 1007}, device=SOCKETS)
    found = only(heap)

    [watched] = found.watched
    assert (watched.target, watched.state, watched.registered) == (None, "closed", "socket:[1007]")
    [problem] = found.problems
    assert problem.startswith("fd 7 is closed, but what was registered, socket:[1007], is still open (fd 3 of process ")


def test_a_file_is_still_open_where_a_thread_is_in_a_call_on_it():
    heap = epoll_heap()
    heap.thread("reader", native=17)
    heap.wait(17, "recvfrom", fd=7)
    heap.wait(18, "recvfrom", fd=8)
    heap.epoll_set(4, {7: 1007})

    [problem] = only(heap).problems
    assert problem == (
        "fd 7 is closed, but what was registered, inode 1007, is still open (thread reader, still in recvfrom()), so "
        "its events still arrive"
    )


def test_where_a_file_is_still_open_may_be_unseen():
    heap = epoll_heap()
    heap.epoll_set(4, {7: 1007})

    assert "is still open (where is not to be seen), so" in only(heap).problems[0]


def test_what_the_kernel_tells_no_inode_of_is_taken_for_what_stands_there():
    heap = epoll_heap()
    sock(heap, 7)
    heap.epoll_set(4, {7: 0})

    assert only(heap).watched[0].state == "ok"


def test_what_stands_there_without_an_inode_that_is_known_is_taken_for_what_was_registered():
    heap = epoll_heap()
    sock(heap, 7, inode=0)
    heap.epoll_set(4, {7: 1007}, device=SOCKETS)

    assert only(heap).watched[0].state == "ok"


def test_the_same_inode_on_another_device_is_another_file():
    heap = epoll_heap()
    sock(heap, 7)
    heap.epoll_set(4, {7: 1007}, device=SOCKETS + 1)

    assert only(heap).watched[0].state == "stale"


def test_two_descriptors_of_one_set_are_told_together():
    heap = epoll_heap()
    heap.descriptor(8, EPOLL, inode=55)
    heap.open_file(4)
    heap.open_file(8, same=4)
    sock(heap, 7)
    for fd in (4, 8):
        heap.epoll_set(fd, {7: 1007})
    found = only(heap)

    assert (found.set, found.also, len(found.watched)) == (4, (8,), 1)


# Python's selectors


def selector(heap: Heap, epoll: int, numbers: tuple[int, ...]) -> int:
    """A selector around the epoll, that has these numbers."""
    found, keys = heap.instance("selectors.EpollSelector"), heap.object("dict")
    base = heap.type("selectors._BaseSelectorImpl")
    types = heap._rows["types"]
    of = heap.type("selectors.EpollSelector")
    types[:] = [(*row[:3], base, row[4]) if row[0] == of else row for row in types]
    heap.refer(found, "._selector", epoll)
    heap.refer(found, "._fd_to_key", keys)
    for number in numbers:
        label = LabelKind.VALUE_INT << LABEL_KIND_SHIFT | zigzag(number)
        heap._objects[keys].references.append((heap.object("selectors.SelectorKey"), label))
    return found


def selector_heap(*numbers: int) -> Heap:
    heap = Heap()
    heap.descriptor(4, EPOLL, inode=55)
    epoll = heap.object("select.epoll")
    heap.own(epoll, 4, OwnerKind.EPOLL)
    heap.module("app", SELECTOR=selector(heap, epoll, numbers))
    return heap


def test_a_selector_that_has_what_the_kernel_has_is_in_order():
    heap = selector_heap(7)
    sock(heap, 7)
    heap.epoll_set(4, {7: 1007})
    found = only(heap)

    assert (found.selector_only, found.kernel_only, found.problems) == ((), (), ())
    assert found.role == "epoll of a selectors.EpollSelector"


def test_what_was_closed_without_being_unregistered_is_in_the_selector_alone():
    heap = selector_heap(7, 9)
    sock(heap, 7)
    sock(heap, 9)
    heap.epoll_set(4, {7: 1007})
    found = only(heap)

    assert found.selector_only == (9,)
    assert found.problems == (
        "the selector has fd 9, which the kernel dropped when the file was closed; fd 9 is open again, and not watched",
    )


def test_what_the_selector_does_not_know_is_told():
    heap = selector_heap(7)
    for fd in (7, 9):
        sock(heap, fd)
    heap.epoll_set(4, {7: 1007, 9: 1009})
    found = only(heap)

    assert found.kernel_only == (9,)
    assert found.problems == ("the kernel watches fd 9, of which the selector knows nothing",)


def test_where_keys_were_left_out_nothing_is_compared():
    heap = selector_heap(7)
    keys = next(index for index, each in enumerate(heap._objects) if each.type == heap.type("dict") and each.references)
    heap.refer(keys, "hash 5", heap.object("selectors.SelectorKey"))
    sock(heap, 9)
    heap.epoll_set(4, {9: 1009})

    assert only(heap).problems == ()


def test_where_not_all_was_to_be_seen_nothing_is_compared_and_that_is_said():
    heap = selector_heap(7)
    heap.ask_kernel(files="too many to look at all")
    answer = polls(heap.snapshot())

    assert answer.rows[0].problems == ()
    assert answer.note == "not all was to be seen: too many to look at all"


def test_of_a_set_the_kernel_told_all_or_nothing():
    heap = selector_heap(7, 8)
    sock(heap, 7)
    heap.epoll_set(4, {7: 1007})
    heap.ask_kernel(files="which descriptors share an open file: Operation not permitted")

    assert only(heap).selector_only == (8,)


def test_where_the_kernel_was_not_asked_the_selector_is_believed():
    heap = selector_heap(7, 9)
    sock(heap, 7)
    answer = polls(heap.snapshot())

    [found] = answer.rows
    assert [(each.fd, each.state, each.events) for each in found.watched] == [(7, "ok", None), (9, "closed", None)]
    assert answer.note == "the kernel was not asked what is watched: this is what Python's selectors believe"
    assert len(polls(heap.snapshot(), 7).rows) == 1


def test_what_an_event_loop_has_for_itself_is_recognised():
    heap = Heap()
    heap.descriptor(4, EPOLL, inode=55)
    epoll = heap.object("select.epoll")
    heap.own(epoll, 4, OwnerKind.EPOLL)
    loop = heap.instance("asyncio.selector_events.BaseSelectorEventLoop")
    heap.refer(loop, "._selector", selector(heap, epoll, (5,)))
    heap.refer(loop, "._ssock", heap.socket(5))
    heap.refer(loop, "._thread_id", heap.object("int"))
    heap.module("app", LOOP=loop)
    heap.descriptor(5, "socket:[1005]", family=1, inode=1005)
    heap.epoll_set(4, {5: 1005})
    found = only(heap)

    assert found.role == "epoll of the running event loop"
    assert found.watched[0].role == "self-pipe of the running event loop"


# Threads


def polling() -> Heap:
    heap = epoll_heap()
    heap.thread("reader", native=17)
    sock(heap, 7)
    heap.wait(17, "poll", watching=[7, 8], asleep=3)
    return heap


def test_a_thread_in_poll_is_a_set_too():
    _, found = polls(polling().snapshot()).rows

    assert (found.set, found.owner, found.threads) == (None, None, ("reader",))
    assert [(each.fd, each.state) for each in found.watched] == [(7, "ok"), (8, "closed")]
    assert found.text.startswith(
        "thread reader is still in poll(), for at least 3.0 s, on what was fd 8 and was closed meanwhile"
    )


@pytest.mark.parametrize(("fd", "sets"), [(4, [4]), (7, [None]), (8, [None]), (99, [])])
def test_a_number_stands_for_its_set_or_for_those_that_watch_it(fd: int, sets: list[int | None]):
    answer = polls(polling().snapshot(), fd)

    assert [each.set for each in answer.rows] == sets
    assert sets or answer.empty == "fd 99 is no epoll set, and none watches it"


def test_without_sets_that_is_said():
    heap = Heap()
    heap.ask_kernel()
    answer = polls(heap.snapshot())

    assert (answer.empty, answer.note) == ("nothing waits in a set", "")
