from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from pyhandles.render.wrapping import NO_BREAK, definitions, wrap


def plain(lines):
    return [line.plain for line in lines]


def test_a_line_is_broken_at_a_space_and_goes_on_under_where_it_began():
    assert plain(wrap(Text("held by a root through a cycle"), 20, "└─ ")) == ["└─ held by a root", "   through a cycle"]


def test_a_word_longer_than_the_line_is_broken_within():
    assert plain(wrap(Text("at aaaaaaaaaaaaaaaaaaaa end"), 12)) == ["at", "aaaaaaaaaaaa", "aaaaaaaa end"]


def test_a_long_name_is_broken_after_a_dot_a_path_after_a_slash():
    assert plain(wrap(Text("Client.connect.<locals>.on_closed"), 16)) == ["Client.connect.", "<locals>.", "on_closed"]
    assert plain(wrap(Text("/var/log/application.log"), 14)) == ["/var/log/", "application.", "log"]


def test_a_space_that_does_not_break_keeps_two_words_together():
    assert plain(wrap(Text(f"list of 1 at{NO_BREAK}0x7f00"), 14)) == ["list of 1", "at 0x7f00"]
    assert plain(wrap(Text(f"at{NO_BREAK}0x7f00"), None)) == ["at 0x7f00"]


def test_without_a_width_a_line_stays_whole():
    assert plain(wrap(Text("x " * 300), None)) == [("x " * 300).rstrip()]


def test_definitions_stand_in_two_columns():
    lines = definitions([("pid", Text("17")), ("collector", Text("disabled; thresholds 700, 10, 10"))], 30)

    assert plain(lines) == ["pid        17", "collector  disabled;", "           thresholds 700, 10,", "           10"]


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"])), st.integers(20, 100))
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(text, width):
    lines = plain(wrap(Text(text), width, "├─ "))

    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(line[3:] for line in lines).split()) == "".join(text.split())
