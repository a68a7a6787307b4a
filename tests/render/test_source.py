from __future__ import annotations

from dataclasses import replace

from rich.cells import cell_len

from pyhandles.findings.source import Source
from pyhandles.render.documents import document
from pyhandles.render.text import text_lines

SOURCE = Source("function serve (app.py:9)", "/srv/app.py", 9, 8, ("", "def serve(pool):", "    go()"), False, None)


def lines(answer: Source, width: int | None = None) -> list[str]:
    return [text.plain for text in text_lines(answer, width)]


def test_the_line_that_is_meant_is_marked():
    assert lines(SOURCE) == [
        "function serve (app.py:9), /srv/app.py:9",
        "   8  ",
        "→  9  def serve(pool):",
        "  10      go()",
    ]


def test_a_newer_file_is_warned_of():
    assert "newer than the snapshot" in lines(replace(SOURCE, newer=True))[1]


def test_no_escape_in_a_file_reaches_the_terminal():
    answer = replace(SOURCE, lines=("\x1b[2J\x1b]0;owned\x07 \u202e", "x", "y"), what="\x1b[31m")

    assert all(line.isprintable() for line in lines(answer))


def test_long_lines_go_on_below_themselves():
    answer = replace(SOURCE, lines=("call(" + "argument, " * 30 + ")", "x", "y"))

    assert max(cell_len(line) for line in lines(answer, 40)) <= 40


def test_its_fields():
    assert document("source #1", SOURCE) == {
        "version": 1,
        "command": "source #1",
        "what": "function serve (app.py:9)",
        "file": "/srv/app.py",
        "line": 9,
        "first": 8,
        "lines": ["", "def serve(pool):", "    go()"],
        "newer": False,
        "note": None,
    }
