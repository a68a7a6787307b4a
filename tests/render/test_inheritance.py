"""`inherit` as lines for people."""

from __future__ import annotations

import re

import pytest

from pyhandles.findings.inheritance import inheritance
from pyhandles.render.text import text_lines
from tests.heap import Heap


def lines(heap: Heap, width: int | None = None) -> list[str]:
    return [text.plain for text in text_lines(inheritance(heap.snapshot()), width)]


def test_the_ways_stand_in_a_table_with_the_method_of_this_python_marked():
    heap = Heap()
    for fd in range(3):
        heap.descriptor(fd, "/dev/null", cloexec=0)
    heap.descriptor(3, "/srv/3")

    heading, titles, *rows = lines(heap)[:9]

    assert heading == "Of 4 descriptors that are open, a child would get:"
    assert titles.split() == ["count", "way", "which"]
    assert rows[0].split() == ["4", "fork", "all,", "where", "no", "exec", "follows"]
    assert rows[4].endswith("all; the default of Python 3.12 on Linux")
    assert "    3  multiprocessing spawn" in lines(heap, 40)


@pytest.mark.parametrize(("processes", "more"), [(6, "3 other places"), (4, "1 other place")])
def test_of_many_processes_that_have_a_descriptor_a_few_are_told(processes: int, more: str):
    heap = Heap()
    heap.tcp(7, inode=1007)
    for pid in range(4301, 4301 + processes):
        heap.process(pid, parent=4242, name="worker")
        heap.elsewhere(pid, 7, inode=1007)

    told = [line for line in lines(heap) if line.startswith("fd 7")]

    assert len(told) == 4
    assert re.fullmatch(r"fd 7  process 4301 \(worker\), a child, running since [\d:]+, has it, too", told[0])
    assert told[-1] == f"fd 7  is in {more} too"


def test_one_evidence_is_said_once_for_all_that_it_is_of():
    heap = Heap()
    heap.record()
    for fd in (5, 7):
        heap.tcp(fd)
        heap.opening(fd, "socket", pid=77)

    told = lines(heap)

    assert "From the parent, process 1, came 2 descriptors above 2, 2 of them used by nobody here:" in told
    assert "fd 5 7  opened by process 77" in told
