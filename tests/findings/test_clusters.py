from __future__ import annotations

import pytest

from pyhandles.errors import UnknownObject
from pyhandles.findings.clusters import Cluster, cluster, clusters
from pyhandles.format import OwnerFlag
from tests.heap import Heap


def connection(heap: Heap, fd: int) -> int:
    one = heap.instance("app.Connection")
    heap.refer(one, ".sock", heap.socket(fd))
    heap.tcp(fd)
    return one


def in_a_closure(heap: Heap, fd: int) -> int:
    one = connection(heap, fd)
    heap.refer(one, ".on_closed", heap.function("app.on_closed", line=9, closure={"conns": heap.list(one)}))
    return one


def leaked(heap: Heap) -> list[Cluster]:
    return clusters(heap.snapshot())


def test_what_is_to_be_cut_is_where_they_became_many_and_not_the_pool_in_each():
    heap = Heap()
    clients = []
    for fd in (7, 8, 9):
        client = heap.instance("app.Client")
        heap.refer(client, ".pool", heap.list(connection(heap, fd)))
        clients.append(client)
    heap.module("app", CLIENTS=heap.list(*clients))

    [found] = leaked(heap)

    assert found.accumulation == "app.CLIENTS, a list of 3"
    assert found.cut == "each item of global CLIENTS of module app"


def test_they_may_hang_below_a_variable_of_a_call():
    heap = Heap()
    pool = heap.instance("app.Pool")
    heap.refer(pool, ".idle", heap.list(*(connection(heap, fd) for fd in (7, 8, 9))))
    heap.frame("serve", pool=pool)

    [found] = leaked(heap)

    assert found.accumulation == "local variable pool.idle of serve() at app.py:1 in thread MainThread, a list of 3"


def test_handles_in_one_list_are_one_cluster_that_hangs_on_the_list():
    heap = Heap()
    pool = heap.instance("app.Pool")
    heap.refer(pool, ".idle", heap.list(*(connection(heap, fd) for fd in (7, 8, 9))))
    heap.module("app", POOL=pool)

    [found] = leaked(heap)

    assert (found.count, found.fds, found.kinds) == (3, (7, 8, 9), {"socket": 3})
    assert found.holder == "Connection.sock"
    assert found.accumulation == "app.POOL.idle, a list of 3"
    assert found.root == "global POOL of module app"
    assert found.path == ("global POOL of module app", "Pool.idle", "item [0]", "Connection.sock", "socket.socket fd 7")
    assert found.cut == "each item of Pool.idle"
    assert found.verdict.kind == "rooted"
    assert found.cycle is None
    assert found.share == 3 / 64


def test_garbage_cycles_are_one_cluster_though_each_is_a_loop_of_its_own():
    heap = Heap()
    for fd in (7, 8, 9):
        in_a_closure(heap, fd)

    [found] = leaked(heap)

    assert found.count == 3
    assert found.cycle == ("Connection.on_closed", "closure variable conns", "item [0]", "Connection")
    assert found.accumulation is None
    assert found.cut == "closure variable conns of function on_closed (app.py:9)"
    assert found.verdict.kind == "garbage"


def test_garbage_that_hangs_on_one_loop_hangs_there():
    heap = Heap()
    pool = heap.instance("app.Pool")
    idle = heap.list()
    heap.refer(pool, ".idle", idle)
    for position, fd in enumerate((7, 8, 9)):
        one = connection(heap, fd)
        heap.refer(idle, f"[{position}]", one)
        heap.refer(one, ".pool", pool)

    [found] = leaked(heap)

    assert found.count == 3
    assert found.verdict.kind == "garbage"
    assert found.accumulation == "app.Pool.idle, a list of 3"


def test_handles_under_different_names_are_leaked_in_different_ways():
    heap = Heap()
    heap.module("app", SOCK=heap.list(heap.socket(7)), OTHER=heap.list(heap.socket(8)))
    heap.tcp(7)
    heap.tcp(8)

    assert [each.accumulation for each in leaked(heap)] == [None, None]


def test_largest_first_and_the_counts_add_up_to_what_is_open():
    heap = Heap()
    heap.module("app", ONE=connection(heap, 3), ALL=heap.list(*(connection(heap, fd) for fd in (4, 5))))
    heap.descriptor(9, "pipe:[1]")
    in_a_closure(heap, 10)
    in_a_closure(heap, 11)
    in_a_closure(heap, 12)

    found = leaked(heap)

    assert [each.count for each in found] == [3, 2, 1, 1]
    assert sorted(fd for each in found for fd in each.fds) == [3, 4, 5, 9, 10, 11, 12]


@pytest.mark.parametrize(
    "change",
    ["item", "key", "address", "thread", "line", "name of the list's other items"],
)
def test_the_signature_is_free_of(change):
    def build(changed: bool) -> Heap:
        heap = Heap()
        if changed and change == "address":
            heap.list(heap.instance("app.Unrelated"))
        other = [heap.instance("app.Other")] if changed and change in {"item", "name of the list's other items"} else []
        key = "b" if changed and change == "key" else "a"
        values = heap.dict(**{key: heap.list(*other, connection(heap, 7))})
        thread = "Thread-9" if changed and change == "thread" else "Thread-1"
        heap.frame("handle", line=12 if changed and change == "line" else 11, thread=thread, values=values)
        return heap

    [one], [other] = leaked(build(changed=False)), leaked(build(changed=True))

    assert one.signature == other.signature
    assert len(one.signature) == 10


@pytest.mark.parametrize("change", ["attribute", "type", "global", "module", "function", "closing", "garbage"])
def test_the_signature_tells_apart(change):
    def build(changed: bool) -> Heap:
        heap = Heap()
        one = heap.instance("app.Other" if changed and change == "type" else "app.Connection")
        flags = OwnerFlag.CLOSING if changed and change == "closing" else 0
        sock = heap.socket(7, flags=flags)
        heap.tcp(7)
        heap.refer(one, ".wire" if changed and change == "attribute" else ".sock", sock)
        function = heap.function("app.other" if changed and change == "function" else "app.f", closure={"one": one})
        if changed and change == "garbage":
            heap.refer(one, ".back", function)
            return heap
        name = "OTHER" if changed and change == "global" else "POOL"
        heap.module("app2" if changed and change == "module" else "app", **{name: function})
        return heap

    [one], [other] = leaked(build(changed=False)), leaked(build(changed=True))

    assert one.signature != other.signature


def test_handles_at_different_depths_of_a_linked_list_are_one_cluster():
    heap = Heap()
    below = None
    for fd in range(7, 13):
        node = connection(heap, fd)
        if below is not None:
            heap.refer(node, ".next", below)
        below = node
    heap.module("app", HEAD=below)

    found = leaked(heap)

    assert [each.count for each in found] == [5, 1]
    assert found[0].accumulation == "app.HEAD.next, a Connection"


def test_handles_without_an_owner_are_told_by_what_they_are():
    heap = Heap()
    for fd in (4, 5):
        heap.descriptor(fd, "anon_inode:[eventfd]")
    heap.descriptor(6, "pipe:[1]")

    found = leaked(heap)

    assert [(each.count, each.kinds, each.path, each.cut) for each in found] == [
        (2, {"eventfd": 2}, (), None),
        (1, {"pipe": 1}, (), None),
    ]


def test_stale_owners_are_in_no_cluster():
    heap = Heap()
    heap.module("app", SOCK=heap.socket(7))

    assert leaked(heap) == []


def test_one_is_named_by_the_beginning_of_its_signature():
    heap = Heap()
    heap.module("app", ONE=connection(heap, 3))
    in_a_closure(heap, 4)
    snapshot = heap.snapshot()
    one, other = clusters(snapshot)

    assert cluster(snapshot, one.signature) == cluster(snapshot, one.signature[:6].upper()) == one
    with pytest.raises(UnknownObject, match="no signature begins with 'xyz'"):
        cluster(snapshot, "xyz")
    with pytest.raises(UnknownObject, match="more than one signature begins"):
        cluster(snapshot, "")
    assert other.signature != one.signature
