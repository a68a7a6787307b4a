from __future__ import annotations

from dataclasses import replace

from rich.cells import cell_len

from pyhandles.findings.clusters import Cluster
from pyhandles.findings.diff import ClusterChange, Compared, Diff, TypeGrowth
from pyhandles.render.documents import document
from pyhandles.render.text import text_lines
from tests.render.answers import GARBAGE


def cluster(count: int, signature: str = "0123456789") -> Cluster:
    kinds, fds = {"socket": count}, tuple(range(3, 3 + count))
    path = ("global POOL of module app", "Pool.idle")
    where = f"app.POOL.idle, a list of {count}"
    return Cluster(
        signature, ("x",), count, count / 64, fds, kinds, None, "Connection.sock", path, path[0], where, None, path[1],
        GARBAGE, {},
    )  # fmt: skip


def compared(name: str, count: int, **kinds: int) -> Compared:
    return Compared(
        name, 1.7e9 + count, "emfile", 7, ("app.py",), "3.12.1 (main)", count, kinds, {"garbage": count}, 64, 1_000
    )


def answer(*counts: int) -> Diff:
    """A diff of as many snapshots as there are counts, and one cause."""
    grown = ClusterChange(counts, "grown", len(counts) > 2, cluster(counts[-1]))
    gone = ClusterChange((2, *(0 for _ in counts[1:])), "gone", every_time=False, cluster=cluster(2, "9876543210"))
    types = (TypeGrowth("app.Connection", counts, every_time=True, owner=True),)
    snapshots = tuple(compared(f"/tmp/{place}.pkl", count, socket=count) for place, count in enumerate(counts))
    return Diff(snapshots, ("Both are of one process, pid 7.",), (grown, gone), types)


def plain(found: Diff, width: int | None = None) -> list[str]:
    return [line.plain for line in text_lines(found, width)]


def test_it_begins_with_what_was_open_and_which_is_older():
    lines = plain(answer(3, 58))

    assert lines[:6] == [
        "3 → 58 descriptors open; the limit is 64",
        "before   0.pkl  2023-11-14 22:13:23 UTC by emfile, pid 7, Python 3.12.1",
        "after    1.pkl  2023-11-14 22:14:18 UTC by emfile, pid 7, Python 3.12.1",
        "kinds    3 → 58 socket",
        "classes  3 → 58 garbage",
        "Both are of one process, pid 7.",
    ]


def test_files_of_one_name_are_told_apart_by_their_directories():
    snapshots = (compared("old/app.pkl", 3), compared("new/app.pkl", 4))

    lines = plain(Diff(snapshots, (), (), ()))

    assert [line.split()[:2] for line in lines[1:3]] == [["before", "old/app.pkl"], ["after", "new/app.pkl"]]


def test_a_cause_has_its_growth_its_share_and_all_that_leaks_says():
    lines = plain(answer(3, 58))

    [row] = [line for line in lines if line.startswith("  +55")][:1]
    assert row.split()[:5] == ["+55", "3", "→", "58", "grown"]
    assert "91%" in row
    assert "where      app.POOL.idle, a list of 58" in lines
    assert "signature  0123456789" in lines
    assert "signature  9876543210" not in lines  # what is gone is a line


def test_of_three_each_number():
    lines = plain(answer(3, 20, 58))

    assert lines[0].startswith("3 → 20 → 58 descriptors open")
    assert any(line.split()[:8] == ["+55", "3", "→", "20", "→", "58", "every", "time"] for line in lines)


def test_of_three_types_that_grow_every_time_push_out_the_rest():
    found = answer(3, 20, 58)
    tide = TypeGrowth("app.Tide", (0, 90, 80), every_time=False, owner=False)

    lines = plain(replace(found, types=(*found.types, tide)))

    assert not any("app.Tide" in line for line in lines)
    assert lines[-1] == "… and 1 more (--format json)"
    assert "none of them has grown every time" in plain(replace(found, types=(tide,)))


def test_nothing_that_has_changed():
    lines = plain(replace(answer(3, 3), clusters=(), types=()))

    assert lines[-3:] == ["no way in which handles are kept has grown or shrunk", "", "no type has more objects"]


def test_a_narrow_terminal_keeps_the_growth_the_verdict_and_the_holder():
    for width in (40, 80):
        lines = plain(answer(3, 20, 58), width)
        assert max(map(cell_len, lines)) <= width
        [row] = [line for line in lines if line.startswith("  +55") and "garbage" in line]
        assert row.endswith("Connection.sock")


def test_the_document():
    found = document("diff old.pkl", answer(3, 58))

    assert found.keys() == {"version", "command", "snapshots", "notes", "clusters", "types"}
    assert found["snapshots"][0] == {
        "name": "/tmp/0.pkl", "time": 1.7e9 + 3, "trigger": "emfile", "pid": 7, "argv": ["app.py"],
        "python": "3.12.1 (main)", "open": 3, "kinds": {"socket": 3}, "classes": {"garbage": 3},
        "soft_limit": 64, "objects": 1000,
    }  # fmt: skip
    row = found["clusters"][0]
    assert (row["counts"], row["change"], row["every_time"], row["count"]) == ([3, 58], "grown", False, 58)
    assert row.keys() == document("leaks", [cluster(1)])["rows"][0].keys() | {"counts", "change", "every_time"}
    assert found["types"] == [{"type": "app.Connection", "counts": [3, 58], "every_time": True, "owner": True}]
    assert document("diff old.pkl", replace(answer(3, 58), clusters=None))["clusters"] is None
