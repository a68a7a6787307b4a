from __future__ import annotations

import pytest

from pyhandles.findings.clusters import clusters
from pyhandles.findings.handles import handles
from pyhandles.findings.ledger import CLASSES, ledger
from pyhandles.findings.raw import likelihood
from pyhandles.format import OwnerFlag, OwnerKind
from tests.heap import Heap


def classes(heap: Heap) -> dict[int | None, str | None]:
    return {handle.fd: handle.class_ for handle in handles(heap.snapshot())}


def one_of_each() -> Heap:
    heap = Heap()
    for fd in (0, 1, 4):
        heap.descriptor(fd, "pipe:[1]", start=1)
    for fd in (5, 6, 7, 8, 9):
        heap.tcp(fd)
    heap.socket(5, held=1), heap.socket(5, held=1)
    heap.socket(6, held=1)
    garbage = heap.socket(7)
    heap.refer(garbage, ".me", garbage)
    heap.number(heap.instance("app.Worker", held=1), ".fd", 8)
    heap.socket(99, held=1)
    return heap


def test_every_descriptor_is_in_the_first_class_that_fits():
    expected = {0: "standard", 1: "standard", 4: "inherited", 5: "shared", 6: "owned", 7: "garbage", 8: "raw"}
    assert classes(one_of_each()) == expected | {9: "native", None: None}


def test_the_classes_add_up_and_the_stale_stand_beside_them():
    account = ledger(one_of_each().snapshot())

    assert tuple(account.classes) == CLASSES
    assert account.total == sum(account.classes.values()) == 8
    assert account.classes["standard"] == 2
    assert account.kinds["standard"] == {"pipe": 2}
    assert account.stale == 1
    assert account.limit == 64


def test_an_unreachable_second_owner_does_not_share():
    heap = Heap()
    heap.tcp(5)
    heap.socket(5, held=1)
    garbage = heap.socket(5)
    heap.refer(garbage, ".me", garbage)

    assert classes(heap) == {5: "owned"}


def test_during_a_collection_nothing_is_called_garbage():
    heap = Heap()
    heap.header["gc"] |= {"collecting": True}
    heap.tcp(5)
    garbage = heap.socket(5)
    heap.refer(garbage, ".me", garbage)

    assert classes(heap) == {5: "owned"}


def test_an_owner_comes_before_a_number_and_what_was_there_from_the_start_before_both_of_none():
    heap = Heap()
    worker = heap.instance("app.Worker", held=1)
    for fd in (5, 6):
        heap.number(worker, f".fd{fd}", fd)
    heap.tcp(5)
    heap.tcp(6, start=1)
    heap.socket(5, held=1)

    assert classes(heap) == {5: "owned", 6: "inherited"}


def test_a_borrower_is_no_owner():
    heap = Heap()
    heap.descriptor(5, "/srv/app.log", mode=0o100644)
    heap.file(5, held=1, flags=OwnerFlag.BORROWED)

    assert classes(heap) == {5: "native"}


def test_an_owner_of_another_kind_is_stale_and_no_owner():
    heap = Heap()
    heap.tcp(5)
    heap.own(heap.object("select.epoll", held=1), 5, OwnerKind.EPOLL)

    assert ledger(heap.snapshot()).classes["native"] == 1
    assert ledger(heap.snapshot()).stale == 1


# Numbers


@pytest.mark.parametrize(
    "name", ["fd", "_fd", "wakeup_fd", "epfd", "LOCK_FD", "fileno", "rfd", "fd2", "readFd", "p_fd1"]
)
def test_names_that_say_descriptor(name: str):
    assert likelihood(name) == 2


@pytest.mark.parametrize("name", ["_handle", "sock", "pipe_r", "sentinel", "inotify", "errSocket"])
def test_names_that_may_say_descriptor(name: str):
    assert likelihood(name) == 1


@pytest.mark.parametrize(
    "name",
    [
        "max_fd",
        "nfds",
        "fds",
        "n_files",
        "handled",
        "profile",
        "pipeline",
        "fd_count",
        "x",
        "SOCK_STREAM",
        "F_OFD_GETLK",
        "P_PIDFD",
        "CAN_RAW_FD_FRAMES",
        "FD_CLOEXEC",
    ],
)
def test_names_that_say_something_else(name: str):
    assert likelihood(name) == 0


def test_several_numbers_of_a_container_that_is_called_so():
    assert likelihood("fds", of_many=True) == 2
    assert likelihood("_pipes", of_many=True) == 1
    assert likelihood("sizes", of_many=True) == 0


def test_the_holder_of_a_number_is_called_likely():
    heap = Heap()
    heap.tcp(5)
    worker = heap.instance("app.Worker")
    heap.number(worker, ".fd", 5)
    heap.module("app", WORKER=worker)

    [handle] = handles(heap.snapshot())

    assert handle.holder == "Worker.fd (likely)"


def test_the_better_name_wins_and_before_it_what_is_reachable():
    heap = Heap()
    heap.tcp(5)
    garbage = heap.instance("app.Gone")
    heap.refer(garbage, ".me", garbage)
    for holder, label in (
        (garbage, ".fd"),
        (heap.instance("app.A", held=1), ".sock"),
        (heap.instance("app.B", held=1), ".fd"),
    ):
        heap.number(holder, label, 5)

    [handle] = handles(heap.snapshot())

    assert handle.holder == "B.fd (likely)"


def test_a_number_that_only_garbage_holds_is_raw_all_the_same():
    heap = Heap()
    heap.tcp(5)
    gone, other = heap.instance("app.Gone"), heap.instance("app.Other")
    heap.refer(gone, ".other", other)
    heap.refer(other, ".gone", gone)
    heap.number(other, ".fd", 5)

    [found] = clusters(heap.snapshot())

    assert (found.class_, found.verdict.kind, found.holder) == ("raw", "raw", "Other.fd (likely)")


def test_a_variable_is_not_called_what_its_object_is():
    heap = Heap()
    worker, connection = heap.instance("app.Worker", held=1), heap.instance("app.Connection")
    heap.refer(worker, ".conn", connection)
    heap.number(connection, ".profile", 5)
    heap.tcp(5)

    [handle] = handles(heap.snapshot())

    assert handle.holder is None


def test_numbers_in_a_list_and_keys_of_a_dict_count_where_the_container_is_called_so():
    heap = Heap()
    for fd in (5, 6, 7, 8):
        heap.tcp(fd)
    named, other, by_fd = heap.object("list"), heap.object("list"), heap.object("dict")
    heap.number(named, "[0]", 5)
    heap.number(other, "[0]", 6)
    heap.refer(by_fd, f"keyint {2 * 7}", heap.object("int"))
    pool = heap.instance("app.Pool")
    heap.refer(pool, "._fds", named)
    heap.refer(pool, ".sizes", other)
    heap.refer(pool, "._watches_by_fd", by_fd)
    heap.module("app", POOL=pool)

    holders = {handle.fd: handle.holder for handle in handles(heap.snapshot())}

    assert holders == {5: "Pool._fds[0] (likely)", 6: None, 7: "Pool._watches_by_fd{key 7} (likely)", 8: None}


def test_raw_descriptors_are_clustered_by_the_way_to_the_number():
    heap = Heap()
    workers = []
    for fd in range(5, 15):
        heap.descriptor(fd, f"pipe:[{fd}]", mode=0o010600)
        workers.append(heap.instance("app.Worker" if fd < 12 else "app.Timer"))
        heap.number(workers[-1], ".fd", fd)
    heap.module("app", WORKERS=heap.list(*workers))

    found = clusters(heap.snapshot())

    assert [(each.count, each.holder) for each in found] == [(7, "Worker.fd (likely)"), (3, "Timer.fd (likely)")]
    assert found[0].accumulation == "app.WORKERS, a list of 10"
    assert found[0].path == ("global WORKERS of module app", "item [0]", "Worker.fd", "int")
    assert found[0].cut is None
