from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pyhandles.render.columns import Column, shorten, table


def plain(lines):
    return [line.plain for line in lines]


def test_without_a_width_nothing_is_cut():
    path = "/" + "x" * 500

    assert path in plain(table([Column("path", [(path,)])], None))[1]


def test_a_column_in_which_nothing_stands_is_left_out():
    columns = [Column("fd", [("3",)]), Column("class", [("",)])]

    assert plain(table(columns, 80)) == ["fd", "3"]


def test_the_least_important_column_goes_first():
    columns = [
        Column("fd", [("3",)]),
        Column("kind", [("socket",)], rank=1),
        Column("address", [("0x7f0000001000",)], rank=2),
    ]

    assert plain(table(columns, 30)) == ["fd  kind    address", "3   socket  0x7f0000001000"]
    assert plain(table(columns, 20)) == ["fd  kind", "3   socket"]
    assert plain(table(columns, 8)) == ["fd", "3"]


def test_one_long_cell_does_not_cost_the_others_their_columns():
    columns = [
        Column("path", [("/a",), ("/" + "x" * 200,)], keep="end", enough=10),
        Column("kind", [("file",), ("file",)], rank=1),
    ]

    assert plain(table(columns, 20)) == ["path            kind", "/a              file", "…" + "x" * 13 + "  file"]


def test_a_cell_takes_a_shorter_form_before_it_is_cut():
    columns = [Column("target", [("tcp a:1 → b:2 ESTABLISHED", "tcp a:1 → b:2", "→ b:2")])]

    assert plain(table(columns, 15))[1] == "tcp a:1 → b:2"
    assert plain(table(columns, 12))[1] == "→ b:2"


def test_a_cell_is_cut_at_the_end_that_says_least():
    assert shorten("/var/log/app.log", 8, keep="end") == "…app.log"
    assert shorten("function handle", 9) == "function…"
    assert shorten("short", 5) == "short"


def test_wide_characters_count_twice():
    assert plain(table([Column("name", [("日本語",)]), Column("fd", [("3",)])], 80)) == ["name    fd", "日本語  3"]


cells = st.lists(st.text(st.characters(categories=["L", "N", "P"]), max_size=60), min_size=3, max_size=3)


@given(st.lists(st.tuples(cells, st.integers(0, 3), st.booleans()), min_size=1, max_size=5), st.integers(40, 120))
def test_no_line_is_wider_than_the_terminal(columns, width):
    made = [
        Column("title", [(cell,) for cell in values], rank=rank, keep="end" if end else "start")
        for values, rank, end in columns
    ]

    assert all(cell_len(line) <= width for line in plain(table(made, width)))
