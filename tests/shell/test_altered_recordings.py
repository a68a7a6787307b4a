"""Tables whose numbers are not what a recorder or the kernel tells: refused with one line, or every command answers."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pyhandles.errors import PyhandlesError, SnapshotError
from pyhandles.format import KERNEL_TABLES, RECORDED_TABLES, TABLES
from pyhandles.render.terminal import terminal_of
from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask, formatted
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot
from tests.heap import Heap
from tests.shell.recorded import recorded_heap
from tests.shell.surrounded import surrounded_heap

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = (
    *(
        "summary",
        "io list",
        "leaks",
        "why 7",
        "identify 7",
        "show 7",
        "fd 7 --stacks",
        "fd 5",
        "calls",
        "calls --errors",
    ),
    *("calls --by site", "trace --stack", "trace --fd 7", "trace --errors", "misuse"),
)
SURROUNDED = (
    *("summary", "io list --ends", "leaks", "ledger", "threads", "polls", "tasks", "blame", "closed --all"),
    *("inherit", "who", "who :3001", "who localhost:40000", "who /run/app.sock", "io list --inheritable"),
    *(f"{command} {fd}" for command in ("why", "identify", "show", "fd") for fd in (4, 7, 9, 10, 14, 15)),
)
EDGES = {
    "<u4": [0, 1, 2, 3, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF],
    "<i4": [-(2**31), -2, -1, 0, 1, 7, 2**31 - 1],
    "<i8": [-(2**63), -2, -1, 0, 1, 2**63 - 1],
    "<u8": [0, 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1],
}


Alteration = tuple[str, int, int, int]
"""A table, a row, a column, and what is to stand there."""


@st.composite
def alterations(draw: st.DrawFn, make: Callable[[], Heap], tables: frozenset[str]) -> Alteration:
    table = draw(st.sampled_from(sorted(tables)))
    column = draw(st.integers(0, len(TABLES[table]) - 1))
    type_ = list(TABLES[table].values())[column]
    bits, low = 8 * int(type_[2:]), type_[1] == "i"
    any_number = st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if low else st.integers(0, 2**bits - 1)
    row = draw(st.integers(0, len(make()._rows[table]) - 1))
    return table, row, column, draw(st.sampled_from(EDGES[type_]) | any_number)


def altered(heap: Heap, changes: list[Alteration]) -> Heap:
    for table, row, column, number in changes:
        values = list(heap._rows[table][row])
        values[column] = number
        heap._rows[table][row] = tuple(values)
    return heap


def read(heap: Heap) -> Snapshot | None:
    """None where it is refused."""
    with suppress(SnapshotError):
        return heap.snapshot()
    return None


def answers(heap: Heap, commands: tuple[str, ...]) -> None:
    """Any other exception than ours fails the test."""
    snapshot = read(heap)
    for command in commands if snapshot else ():
        with suppress(PyhandlesError):
            answer = ask(Session(snapshot, "a.pkl"), command)
            for width in (40, 80, None):
                text_lines(answer, width)
            for form in ("json", "csv"):
                formatted(form, command, answer, terminal_of(sys.stdout))


@given(st.lists(alterations(recorded_heap, RECORDED_TABLES), min_size=1, max_size=4))
def test_numbers_that_no_recorder_writes(changes):
    answers(altered(recorded_heap(), changes), COMMANDS)


@given(st.lists(alterations(surrounded_heap, KERNEL_TABLES | {"descriptors"}), min_size=1, max_size=4))
def test_numbers_that_no_kernel_tells(changes):
    answers(altered(surrounded_heap(), changes), SURROUNDED)
