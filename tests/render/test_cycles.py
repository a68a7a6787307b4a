from __future__ import annotations

from dataclasses import replace

from pyhandles.findings.cycles import Cycle
from pyhandles.render.text import text_lines

ONE = Cycle(loop=("A.b", "B.a", "A"), size=4, fds=(7,), garbage=True, entered_by=None, address=0x7F00)


def lines(*cycles: Cycle) -> list[str]:
    return [line.plain for line in text_lines(list(cycles), None)]


def test_a_cycle_is_told_by_what_it_holds_and_by_its_loop():
    assert lines(ONE) == [
        "holds  1 open (fd 7); 4 objects at 0x7f00; garbage: only the cycle keeps it",
        "loop   A.b → B.a → A",
    ]


def test_cycles_that_are_alike_are_one_paragraph():
    assert lines(ONE, replace(ONE, fds=(9,), address=0x7F80)) == [
        (
            "holds  2 open (fd 7 9); 2 cycles alike, each of 4 objects, the first at 0x7f00; "
            "garbage: only the cycles keep them"
        ),
        "loop   A.b → B.a → A",
    ]


def test_a_rooted_one_says_by_what_it_is_entered():
    rooted = replace(ONE, garbage=False, entered_by="global POOL of module app")

    assert lines(ONE, rooted)[2:] == [
        "",
        "holds       1 open (fd 7); 4 objects at 0x7f00; a root reaches it",
        "loop        A.b → B.a → A",
        "entered by  global POOL of module app",
    ]
