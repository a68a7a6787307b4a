"""Other processes: how each is told, and which of them hold what this one holds."""

from __future__ import annotations

import pytest

from pyhandles.findings.processes import held_elsewhere_of, process_text, relation, unseen_note
from pyhandles.format import AccessFlag
from tests.heap import Heap
from tests.surroundings import SECOND, STARTED

US, PARENT, CHILD, GRANDCHILD, NGINX = 4242, 1, 4711, 4712, 800


def family() -> Heap:
    heap = Heap()
    heap.process(US, parent=PARENT, command="python3 app.py")
    heap.process(PARENT, parent=0, name="systemd", started=STARTED - 90_000 * SECOND)
    heap.process(CHILD, parent=US, name="sleep", command="sleep 100")
    heap.process(GRANDCHILD, parent=CHILD, name="sh", started=0)
    heap.process(NGINX, parent=PARENT, name="nginx", command="nginx: worker process")
    return heap


def held(heap: Heap, fd: int) -> list[tuple[int, int, bool]]:
    return [(each.pid, each.fd, each.is_certain) for each in held_elsewhere_of(heap.snapshot(), fd)]


def test_what_each_process_is_to_this_one():
    snapshot = family().snapshot()

    assert {pid: relation(snapshot, pid) for pid in (US, PARENT, CHILD, GRANDCHILD, NGINX, 99)} == {
        US: "itself",
        PARENT: "parent",
        CHILD: "child",
        GRANDCHILD: "descendant",
        NGINX: "another",
        99: "another",
    }


def test_the_parent_is_known_where_nothing_was_told_of_processes():
    assert relation(Heap().snapshot(), PARENT) == "parent"


def test_processes_that_are_each_others_parents_are_another():
    heap = family()
    heap.process(50, parent=51)
    heap.process(51, parent=50)

    assert relation(heap.snapshot(), 50) == "another"


@pytest.mark.parametrize(
    ("pid", "short", "full"),
    [
        (US, "this process", "this process"),
        (CHILD, "process 4711 (sleep 100)", "process 4711 (sleep 100), a child, running since 22:11:40"),
        (GRANDCHILD, "process 4712 (sh)", "process 4712 (sh), a descendant"),
        (PARENT, "process 1 (systemd)", "process 1 (systemd), the parent, running since 2023-11-13 21:11:40"),
        (NGINX, "process 800 (nginx: worker process)", "process 800 (nginx: worker process), running since 22:11:40"),
        (99, "process 99", "process 99"),
    ],
)
def test_how_a_process_is_told(pid, short, full):
    snapshot = family().snapshot()

    assert (process_text(snapshot, pid), process_text(snapshot, pid, full=True)) == (short, full)


def test_a_long_command_is_cut_and_its_lines_are_joined():
    heap = Heap()
    heap.process(CHILD, command="python3 -c 'import time\n\ntime.sleep(100)\n" + 100 * "x")

    text = process_text(heap.snapshot(), CHILD)

    assert text == "process 4711 (python3 -c 'import time time.sleep(100) xxxxxxx…)"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/srv/app/.venv/bin/python /srv/app/serve.py --port 80", "python /srv/app/serve.py --port 80"),
        (
            "/usr/bin/python3 -m pyhandles.dump --on errno:EADDRINUSE -- app.py --port 80 -- x",
            "python3 app.py --port 80 -- x",
        ),
        ("/bin/cat -", "/bin/cat -"),
    ],
)
def test_of_a_long_command_what_tells_least_goes_first(command: str, told: str):
    heap = Heap()
    heap.process(CHILD, command=command)

    assert process_text(heap.snapshot(), CHILD) == f"process 4711 ({told})"


def test_a_socket_is_the_same_open_file_wherever_it_is_held():
    heap = family()
    heap.tcp(7, inode=1007)
    heap.elsewhere(CHILD, 9, inode=1007)
    heap.elsewhere(CHILD, 3, inode=1007)
    heap.elsewhere(NGINX, 4, inode=1008)

    assert held(heap, 7) == [(CHILD, 3, True), (CHILD, 9, True)]
    [first, _] = held_elsewhere_of(heap.snapshot(), 7)
    assert first.text == "fd 3 of process 4711 (sleep 100), a child, running since 22:11:40"


def test_a_file_is_the_same_where_the_kernel_says_so_of_any_of_its_duplicates():
    heap = family()
    for fd, same in ((5, 5), (6, 5), (8, 8)):
        heap.descriptor(fd, "/srv/log", inode=77, device=3)
        heap.open_file(fd, same=same)
    heap.elsewhere(CHILD, 10, inode=77, device=3, same=5)
    heap.elsewhere(CHILD, 11, inode=77, device=3, same=-1)

    assert held(heap, 5) == held(heap, 6) == [(CHILD, 10, True)]
    assert held(heap, 8) == []


def test_where_the_kernel_could_not_compare_one_of_the_same_access_may_be_it():
    heap = family()
    heap.descriptor(5, "/srv/log", inode=77, device=3, flags=0o1)
    heap.elsewhere(CHILD, 10, inode=77, device=3, access=AccessFlag.WRITE)
    heap.elsewhere(CHILD, 11, inode=77, device=3, access=AccessFlag.READ)
    heap.elsewhere(CHILD, 12, inode=77, device=4, access=AccessFlag.WRITE)

    assert held(heap, 5) == [(CHILD, 10, False)]


def test_the_number_that_all_nameless_files_share_says_nothing():
    heap = family()
    heap.descriptor(5, "anon_inode:[eventpoll]", inode=9, flags=0o2)
    heap.elsewhere(CHILD, 10, inode=9)

    assert held(heap, 5) == []


def test_the_master_of_another_terminal_is_another_file():
    heap = family()
    heap.descriptor(5, "/dev/ptmx", inode=2, device=5, flags=0o2)
    heap.open_file(5, terminal=4)
    heap.elsewhere(CHILD, 10, inode=2, device=5, terminal=9)
    heap.elsewhere(CHILD, 11, inode=2, device=5, terminal=4)

    assert held(heap, 5) == [(CHILD, 11, False)]


def test_a_number_that_is_not_open_is_held_by_nobody():
    assert held(family(), 5) == []


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({}, None),
        ({"sockets": "the system's sockets: Operation not permitted"},
         "not all could be seen: the system's sockets: Operation not permitted"),
        ({"sockets": "no tcp sockets", "processes": "1 process is hidden", "hidden": 1},
         "not all could be seen: no tcp sockets; 1 process is hidden"),
        ({"hidden": 1200}, "not all could be seen: the descriptors of 1,200 processes"),
    ],
)  # fmt: skip
def test_what_could_not_be_seen_is_one_line(fields, note):
    heap = Heap()
    heap.ask_kernel(**fields)

    assert unseen_note(heap.snapshot()) == note


def test_where_the_kernel_was_not_asked_that_is_said():
    assert unseen_note(Heap().snapshot()) == "this snapshot tells nothing of other processes and their sockets"
