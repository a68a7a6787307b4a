from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pyhandles.errors import PyhandlesError, SnapshotError
from pyhandles.findings.clusters import clusters
from pyhandles.findings.diff import Diff, account, compare, diff
from pyhandles.snapshot import Snapshot
from tests.heap import Heap


def heap(
    *,
    pooled: int = 0,
    garbage: int = 0,
    before: int = 0,
    time: float = 0,
    pid: int = 17,
    python: str = "3.12.1",
    argv: Sequence[str] = ("app.py",),
) -> Heap:
    """A program with connections in a pool and in cycles. before: objects that lie in front of them."""
    built = Heap()
    major, minor = (int(part) for part in python.split(".")[:2])
    built.header["time"] = 1_700_000_000.0 + time
    built.header["process"] |= {"pid": pid, "argv": list(argv)}
    built.header["python"] |= {"version": python, "hexversion": major << 24 | minor << 16 | 0x01F0}
    for _ in range(before):
        built.object("app.Page")
    fds = iter(range(3, 3 + pooled + garbage))

    def connection() -> int:
        one, fd = built.instance("app.Connection"), next(fds)
        built.refer(one, ".sock", built.socket(fd))
        built.tcp(fd)
        return one

    pool = built.instance("app.Pool")
    built.refer(pool, ".idle", built.list(*(connection() for _ in range(pooled))))
    built.module("app", POOL=pool)
    for _ in range(garbage):
        one = connection()
        built.refer(one, ".me", one)
    return built


def compared(*heaps: Heap) -> Diff:
    return diff([account(built.snapshot(f"{place}.pkl")) for place, built in enumerate(heaps)])


def changes(found: Diff) -> list[tuple[tuple[int, ...], str, str | None]]:
    return [(each.counts, each.change, each.cluster.accumulation) for each in found.clusters or ()]


def test_a_cause_that_has_grown_is_told_with_both_counts_and_as_it_is_now():
    old, new = heap(pooled=2), heap(pooled=5, time=60)

    [change] = compared(old, new).clusters

    assert (change.counts, change.change) == ((2, 5), "grown")
    assert change.cluster == clusters(new.snapshot())[0]
    assert change.cluster.holder == "Connection.sock"
    assert change.cluster.accumulation == "app.POOL.idle, a list of 5"
    assert change.cluster.verdict.kind == "rooted"
    assert change.cluster.share == 5 / 64


def test_what_is_new_and_what_is_gone():
    found = compared(heap(garbage=3), heap(pooled=2, time=60))

    assert changes(found) == [((0, 2), "new", "app.POOL.idle, a list of 2"), ((3, 0), "gone", None)]
    assert [each.cluster.count for each in found.clusters] == [2, 3]


def test_kinds_and_classes_are_counted_whatever_the_pythons():
    found = compared(heap(), heap(pooled=2, garbage=1, python="3.13.0", time=60))

    assert [each.kinds for each in found.snapshots] == [{}, {"socket": 3}]
    assert [(each.classes.get("owned"), each.classes.get("garbage")) for each in found.snapshots][1] == (2, 1)
    assert [each.open for each in found.snapshots] == [0, 3]


def test_different_collectors_are_told():
    old, new = heap(), heap(time=60)
    old.header["writer"], new.header["writer"] = "native", "portable"

    assert any(
        note.startswith("They are from different collectors (native and portable)") for note in compared(old, new).notes
    )


def test_most_growth_first_and_what_has_not_changed_not_at_all():
    found = compared(heap(pooled=4, garbage=5), heap(pooled=4, garbage=9, time=60))

    assert changes(found) == [((5, 9), "grown", None)]


def test_addresses_say_nothing():
    """All that was at an address is something else later, and nothing of it has grown."""
    found = compared(heap(pooled=3), heap(pooled=3, before=7, time=60))

    assert found.clusters == ()
    assert [(each.type, each.counts) for each in found.types] == [("app.Page", (0, 7)), ("type", (7, 8))]


def test_the_oldest_comes_first_however_they_are_given():
    old, new = heap(pooled=2), heap(pooled=5, time=60)

    assert compared(new, old).clusters == compared(old, new).clusters
    assert [each.name for each in compared(new, old).snapshots] == ["1.pkl", "0.pkl"]
    assert any("The oldest comes first" in note for note in compared(new, old).notes)
    assert not any("The oldest comes first" in note for note in compared(old, new).notes)


def test_the_oldest_is_the_one_that_was_begun_first():
    """The walk of a large heap takes seconds; a later snapshot may be finished before."""
    slow, quick = heap(time=3), heap(pooled=1, time=2)
    slow.header["capture"] |= {"seconds": 2.5}

    found = compared(slow, quick)

    assert changes(found) == [((0, 1), "new", None)]
    assert [each.time for each in found.snapshots] == [1_700_000_000.5, 1_700_000_001.9]


def test_of_three_what_has_grown_every_time_comes_first():
    found = compared(
        heap(pooled=1, garbage=1), heap(pooled=2, garbage=40, time=60), heap(pooled=3, garbage=39, time=120)
    )

    assert [(each.counts, each.every_time) for each in found.clusters] == [((1, 2, 3), True), ((1, 40, 39), False)]


def test_of_three_types_that_have_grown_every_time_come_first():
    found = compared(heap(before=1), heap(before=90, pooled=1, time=60), heap(before=80, pooled=2, time=120))

    assert [(each.type, each.counts, each.every_time) for each in found.types] == [
        ("app.Connection", (0, 1, 2), True),
        ("socket.socket", (0, 1, 2), True),
        ("app.Page", (1, 90, 80), False),
        ("type", (6, 8, 8), False),
    ]


def test_types_of_owners_and_of_what_holds_them_come_before_all_others():
    found = compared(heap(), heap(pooled=2, before=100, time=60))

    assert [(each.type, each.owner) for each in found.types][:3] == [
        ("app.Connection", True), ("socket.socket", True), ("app.Page", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("others", "note"),
    [
        ([{"time": 60}], "Both are of one process, pid 17."),
        ([{"time": 60}, {"time": 90}], "All are of one process, pid 17."),
        ([{"time": 60, "pid": 18}], "They are of different processes: pid 17, 18."),
        ([{"time": 60, "argv": ["b.py"]}], "Their command lines differ: what is new may be another program's."),
        ([{}], "Two of the files are copies of one snapshot."),
    ],
)
def test_it_says_what_is_compared(others: list[dict[str, object]], note: str):
    found = compared(heap(), *(heap(**other) for other in others))

    assert note in found.notes


def test_a_command_line_that_was_redacted_differs_from_none():
    redacted = heap(time=60)
    redacted.header["process"] |= {"argv": None}

    assert compared(heap(), redacted).notes == ("Both are of one process, pid 17.",)


def test_one_pid_twice_is_not_taken_for_one_process():
    """In a container every service has the pid 1."""
    old, new = heap(pid=1), heap(pid=1, time=60, before=3)
    for built in (old, new):
        built.module("builtins")

    assert "They are of different processes, all with pid 1." in compared(old, new).notes


def test_different_pythons_are_compared_by_type_alone():
    found = compared(heap(), heap(pooled=2, python="3.13.0", time=60))

    assert found.clusters is None
    assert [each.type for each in found.types][:2] == ["app.Connection", "socket.socket"]
    assert any(note.startswith("They are of different Pythons (3.12.1, 3.13.0)") for note in found.notes)


def test_releases_of_one_python_are_compared():
    assert compared(heap(), heap(pooled=2, python="3.12.9", time=60)).clusters


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, Heap], str]:
    def write(name: str, built: Heap) -> str:
        built.write(tmp_path / name)
        return str(tmp_path / name)

    return write


def test_files_and_an_open_snapshot_are_compared_alike(written):
    old, new = written("old.pkl", heap(pooled=2)), written("new.pkl", heap(pooled=5, time=60))

    assert compare([Snapshot.open(new), old]).clusters == compare([old, new]).clusters


def test_a_file_given_twice_is_refused(written, tmp_path: Path):
    path = written("a.pkl", heap())
    (tmp_path / "again.pkl").symlink_to(path)

    for other in (path, str(tmp_path / "again.pkl")):
        with pytest.raises(PyhandlesError, match=r"a.*\.pkl is named twice") as caught:
            compare([path, other])
        assert caught.value.exit_code == 2


def test_nothing_of_a_snapshot_is_kept_but_what_is_compared(written):
    """Not even until a collection: a second large file would be mapped beside the first."""
    snapshot = Snapshot.open(written("a.pkl", heap(pooled=3, garbage=2)))
    alive = weakref.ref(snapshot)
    gc.disable()
    try:
        kept = account(snapshot)
        snapshot.forget()
        del snapshot
        assert alive() is None
    finally:
        gc.enable()
    assert kept.compared.open == 5


def test_a_file_that_is_none_is_refused(written, tmp_path: Path):
    path = written("a.pkl", heap())
    (tmp_path / "text.pkl").write_text("no snapshot")

    with pytest.raises(SnapshotError, match=r"missing\.pkl cannot be read"):
        compare([path, str(tmp_path / "missing.pkl")])
    with pytest.raises(SnapshotError, match=r"text\.pkl is not a pyhandles snapshot"):
        compare([path, str(tmp_path / "text.pkl")])
