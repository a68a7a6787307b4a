"""Both ends of a socket pair or a pipe that leak together are one finding."""

from __future__ import annotations

import pytest

from pyhandles.errors import UnknownObject
from pyhandles.findings.clusters import Cluster, cluster, clusters
from pyhandles.findings.diff import compare
from pyhandles.findings.ledger import ledger
from pyhandles.format import OwnerKind
from pyhandles.render.text import text_lines
from pyhandles.snapshot import Snapshot
from tests.heap import Heap

READS, WRITES = 0, 1
PIPE, SOCKET = 0o010600, 0o140777
UNIX = {"mode": SOCKET, "family": 1, "socktype": 1, "protocol": 0, "listening": 0, "local": "", "peer": ""}


def half(heap: Heap, fd: int, flags: int) -> int:
    """One end of a pipe whose other end is the next number, or the one before; gives its owner."""
    inode = 1000 + fd // 2
    heap.descriptor(fd, f"pipe:[{inode}]", mode=PIPE, inode=inode, flags=flags)
    raw = heap.object("_io.FileIO")
    heap.own(raw, fd, OwnerKind.FILE)
    return raw


def channel(heap: Heap, fd: int, *, read: bool = True, write: bool = True) -> int:
    """A `Channel` with a pipe in fd and fd + 1, as far as its ends are still open."""
    one = heap.instance("app.Channel")
    for is_open, attribute, number, flags in ((read, ".read", fd, READS), (write, ".write", fd + 1, WRITES)):
        if is_open:
            heap.refer(one, attribute, half(heap, number, flags))
    return one


def paired_socket(heap: Heap, fd: int) -> int:
    """One end of a socket pair whose other end is the next number, or the one before."""
    heap.descriptor(fd, f"socket:[{2000 + fd}]", inode=2000 + fd, **UNIX)
    heap.kernel_socket("unix", "", "", inode=2000 + fd, peer_inode=2000 + (fd ^ 1))
    return heap.socket(fd)


def leaky(*channels: int, heap: Heap, name: str = "POOL") -> None:
    heap.module("app", **{name: heap.list(*channels)})


def leaked(heap: Heap) -> list[Cluster]:
    snapshot = heap.snapshot()
    found = clusters(snapshot)
    assert sorted(fd for each in found for fd in each.fds) == sorted(each.fd for each in snapshot.descriptors)
    return found


def test_both_ends_of_pipes_are_one_finding():
    heap = Heap()
    leaky(*(channel(heap, fd) for fd in (10, 12, 14)), heap=heap)

    [found] = leaked(heap)

    assert (found.count, found.fds, found.kinds) == (6, (10, 11, 12, 13, 14, 15), {"pipe": 6})
    assert found.both_ends == "3 pipes"
    assert found.share == 6 / 64
    assert found.accumulation == "app.POOL, a list of 3"
    assert found.path[:-1] == ("global POOL of module app", "item [0]", "Channel.read")
    assert found.verdict.kind == "rooted"


def test_both_ends_of_socket_pairs_are_one_finding():
    heap = Heap()
    for fd in (10, 12, 14):
        one = heap.instance("app.Link")
        heap.refer(one, ".left", paired_socket(heap, fd))
        heap.refer(one, ".right", paired_socket(heap, fd + 1))
        heap.hold(one)

    [found] = leaked(heap)

    assert (found.count, found.both_ends, found.class_) == (6, "3 socket pairs", "owned")


def test_pairs_that_lie_in_one_place_are_counted_there():
    heap = Heap()
    leaky(*(heap.tuple(paired_socket(heap, fd), paired_socket(heap, fd + 1)) for fd in (10, 12)), heap=heap)

    [found] = leaked(heap)

    assert (found.count, found.both_ends, found.ends) == (4, "2 socket pairs", ())


def test_nothing_that_owns_them_need_be_known():
    heap = Heap()
    for fd in (10, 12):
        for number, flags in ((fd, READS), (fd + 1, WRITES)):
            heap.descriptor(number, f"pipe:[{fd}]", mode=PIPE, inode=fd, flags=flags)

    [found] = leaked(heap)

    assert (found.count, found.class_, found.both_ends) == (4, "native", "2 pipes")


def test_ends_whose_other_ends_are_closed_stay_as_they_are():
    heap = Heap()
    leaky(*(channel(heap, fd, write=False) for fd in (10, 12, 14)), heap=heap)

    [found] = leaked(heap)

    assert (found.count, found.both_ends, found.ends) == (3, None, ())


def test_halves_of_different_pairs_stay_apart():
    heap = Heap()
    leaky(*(channel(heap, fd, read=fd < 20, write=fd >= 20) for fd in (10, 12, 20)), heap=heap)

    assert [(each.count, each.both_ends) for each in leaked(heap)] == [(2, None), (1, None)]


def test_a_few_that_are_closed_by_half_leave_the_cause_one():
    heap = Heap()
    halves = channel(heap, 16, read=False), channel(heap, 18, write=False)
    leaky(*(channel(heap, fd) for fd in (10, 12, 14)), *halves, heap=heap)

    [found] = leaked(heap)

    assert (found.count, found.both_ends) == (8, "3 pipes")


def test_many_that_are_closed_by_half_are_a_cause_of_their_own():
    heap = Heap()
    halves = [channel(heap, fd, read=False) for fd in range(16, 26, 2)]
    leaky(*(channel(heap, fd) for fd in (10, 12, 14)), *halves, heap=heap)

    assert [(each.count, each.both_ends) for each in leaked(heap)] == [(8, None), (3, None)]


def test_other_ends_in_two_places_are_no_pair_of_causes():
    heap = Heap()
    reads = heap.list(*(half(heap, fd, READS) for fd in (10, 12)))
    heap.module("app", READS=reads, ONE=half(heap, 11, WRITES), OTHER=half(heap, 13, WRITES))

    assert [each.count for each in leaked(heap)] == [2, 1, 1]


def test_ends_that_stand_in_different_classes_stay_apart():
    heap = Heap()
    reads = heap.list(*(half(heap, fd, READS) for fd in (10, 12)))
    heap.module("app", READS=reads)
    for fd in (11, 13):
        heap.descriptor(fd, f"pipe:[{1000 + fd // 2}]", mode=PIPE, inode=1000 + fd // 2, flags=WRITES)

    found = leaked(heap)

    assert {each.class_: each.count for each in found} == {"owned": 2, "native": 2}
    counted = {name: count for name, count in ledger(heap.snapshot()).classes.items() if count}
    assert counted == {"owned": 2, "native": 2}


def test_both_ends_of_a_connection_are_two_causes():
    heap = Heap()
    for fd, peer in ((10, 1), (12, 2)):
        one = heap.instance("app.Both")
        heap.refer(one, ".client", heap.socket(fd))
        heap.refer(one, ".server", heap.socket(fd + 1))
        heap.hold(one)
        heap.tcp(fd, local=f"127.0.0.1:{peer}", peer="127.0.0.1:80", inode=fd)
        heap.tcp(fd + 1, local="127.0.0.1:80", peer=f"127.0.0.1:{peer}", inode=fd + 1)

    assert [(each.count, each.both_ends) for each in leaked(heap)] == [(2, None), (2, None)]


@pytest.mark.parametrize("change", ["order", "number of pairs", "numbers"])
def test_the_signature_is_free_of(change):
    def build(*, changed: bool) -> Cluster:
        heap = Heap()
        heap.list()
        ends = [(".read", READS), (".write", WRITES)]
        if changed and change == "order":
            ends.reverse()
        first = 40 if changed and change == "numbers" else 10
        channels = []
        for fd in range(first, first + (8 if changed and change == "number of pairs" else 4), 2):
            one = heap.instance("app.Channel")
            for number, (attribute, flags) in enumerate(ends):
                heap.refer(one, attribute, half(heap, fd + number, flags))
            channels.append(one)
        leaky(*channels, heap=heap)
        [found] = leaked(heap)
        return found

    one, other = build(changed=False), build(changed=True)

    assert (one.signature, one.path[:-1]) == (other.signature, other.path[:-1])
    assert one.signature not in {each.signature for each in one.ends}


def test_it_is_found_by_the_signatures_of_its_ends_too():
    heap = Heap()
    leaky(channel(heap, 10), channel(heap, 12), heap=heap)
    snapshot = heap.snapshot()
    [found] = clusters(snapshot)

    assert len(set(found.signatures)) == 3
    assert all(cluster(snapshot, known) == found for known in found.signatures)
    with pytest.raises(UnknownObject):
        cluster(snapshot, "xyz")


def test_the_reference_to_cut_is_told_of_both_ends():
    heap = Heap()
    heap.module(
        "app",
        READS=heap.list(*(half(heap, fd, READS) for fd in (10, 12))),
        WRITES=heap.list(*(half(heap, fd, WRITES) for fd in (11, 13))),
    )

    [found] = leaked(heap)

    assert (
        found.cut
        == "each item of global READS of module app; for the other ends each item of global WRITES of module app"
    )


def test_it_reads_as_one_line_and_says_so_in_full():
    heap = Heap()
    leaky(*(channel(heap, fd) for fd in (10, 12, 14)), heap=heap)

    lines = [line.plain for line in text_lines(clusters(heap.snapshot()), 80)]

    assert lines[1].split()[:4] == ["6", "9%", "pipe,", "both"]
    assert "both ends  of 3 pipes" in lines


def snapshot_of(*channels: tuple[bool, bool]) -> Snapshot:
    heap = Heap()
    heap.header["time"] = 1_700_000_000.5 + len(channels)
    leaky(*(channel(heap, 10 + 2 * n, read=r, write=w) for n, (r, w) in enumerate(channels)), heap=heap)
    return heap.snapshot(f"{len(channels)}.pkl")


def test_what_grows_is_told_of_the_pair():
    both = (True, True)

    [change] = compare([snapshot_of(both), snapshot_of(both, both, both)]).clusters

    assert (change.counts, change.cluster.both_ends) == ((2, 6), "3 pipes")


def test_what_was_pairs_in_one_snapshot_and_halves_in_another_is_compared_end_by_end():
    both, half_closed = (True, True), (False, True)

    changes = compare([snapshot_of(both, both), snapshot_of(both, *[half_closed] * 9)]).clusters

    assert sorted(change.counts for change in changes) == [(2, 1), (2, 10)]
