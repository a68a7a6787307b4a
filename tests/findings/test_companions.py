"""What goes with a descriptor, wherever one is told of: its other end, its copies, who else has the same open file."""

from __future__ import annotations

from pyhandles.findings.companions import Companions, companions
from pyhandles.findings.ends import End
from pyhandles.findings.show import show
from pyhandles.render import documents as render
from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot
from tests.heap import Heap
from tests.shell.surrounded import surrounded_heap

CHILD = "fd 7 of process 4711 (sleep 100), a child, running since 22:11:40"


def session() -> Session:
    return Session(surrounded_heap().snapshot(), "a.pkl")


def lines(line: str, width: int | None = 80) -> list[str]:
    return [text.plain for text in text_lines(ask(session(), line), width)]


def document(line: str) -> dict:
    return render.document(line, ask(session(), line))


def test_the_other_end_the_copies_and_those_who_hold_it_too():
    snapshot = surrounded_heap().snapshot()

    assert companions(snapshot, 7) == Companions(End("here", "fd 8 of this process", (8,)), (), (CHILD,))
    assert companions(snapshot, 9).same_as == (13,)
    assert companions(snapshot, 63) == Companions()


def test_what_may_be_the_same_is_told_so():
    snapshot = surrounded_heap().snapshot()

    perhaps, certain = companions(snapshot, 0).held_by
    assert certain.startswith("fd 0 of process 4711")
    assert perhaps.startswith("perhaps fd 6 of process 800")


def test_every_row_of_the_list_has_them_for_programs():
    rows = {row["fd"]: row for row in document("io list")["rows"]}

    assert rows[10]["other_end"] == "fd 11 of this process"
    assert rows[10]["end"] == {"where": "here", "fds": [11], "pid": None, "fd": None}
    assert rows[14]["end"] == {"where": "process", "fds": [], "pid": 4712, "fd": 3}
    assert rows[7]["held_by"] == [CHILD]
    assert rows[13]["same_as"] == [9]
    assert (rows[6]["other_end"], rows[6]["end"], rows[6]["same_as"], rows[6]["held_by"]) == (None, None, [], [])


def test_the_list_shows_them_on_request_within_80_columns():
    told = lines("io list --ends")

    assert "other end" not in "".join(lines("io list", None))
    assert told[0].split() == ["fd", "target", "other", "end", "holder"]
    assert [line for line in told if line.startswith(("10  pipe", "14  pipe"))] == [
        "10  pipe:[1010]                fd 11",
        "14  pipe:[1014]                process 4712 fd 3",
    ]


def test_one_descriptor_in_short():
    assert {"other end     fd 8 of this process", f"also held by  {CHILD}"} <= set(lines("why 7"))
    assert "same file as  fd 9" in lines("why 13")
    assert "other end" in {line.partition("  ")[0] for line in lines("why 10")}


def test_an_owner_in_full():
    snapshot = surrounded_heap().snapshot()
    [owner] = [owner.object for owner in snapshot.owners if owner.fd == 7]

    special = show(snapshot, owner).special
    assert (special["other_end"], special["also_held_by"]) == ("fd 8 of this process", CHILD)
    assert "same_file_as" not in special


def test_many_who_hold_it_are_counted():
    heap = Heap()
    heap.tcp(7, inode=1007)
    for pid in range(100, 110):
        heap.elsewhere(pid, 7, inode=1007)
    snapshot: Snapshot = heap.snapshot()

    facts = dict(companions(snapshot, 7).facts())
    assert facts["also held by"] == "; ".join([*(f"fd 7 of process {pid}" for pid in (100, 101, 102)), "7 more"])


def test_the_biography_has_them():
    heap = surrounded_heap()
    heap.event("socket", fd=7, opened=True)

    answer = ask(Session(heap.snapshot(), "a.pkl"), "fd 7")
    assert "other end" in {text.plain.partition("  ")[0] for text in text_lines(answer, 80)}
