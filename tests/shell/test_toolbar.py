from __future__ import annotations

import pytest

from pyhandles.shell.toolbar import toolbar
from tests.render.answers import summary


def test_it_says_which_snapshot_this_is_and_how_full_the_table_was():
    assert toolbar("app.pkl", summary(), "", 100) == "app.pkl │ help lists the commands │ 64 of 64 open │ emfile"


def test_it_says_what_the_command_under_the_cursor_takes():
    assert "identify X [--raw] [--all] [--depth N]" in toolbar("app.pkl", summary(), "identify 6", 100)
    options = "[--class CLASS] [--kind KIND] [--inheritable] [--ends] [--limit N] [--offset N]"
    assert f"│ io list {options} │" in toolbar("app.pkl", summary(), "io list", 140)
    assert "│ why X │" in toolbar("app.pkl", summary(), "63", 100)


@pytest.mark.parametrize("width", [20, 40, 60, 80])
@pytest.mark.parametrize("line", ["", "identify 63"])
def test_it_stays_in_its_line(width, line):
    assert len(toolbar("a-very-long-name-of-a-snapshot-4711-emfile.pkl", summary(), line, width)) <= width


def test_what_is_typed_counts_more_than_the_name_of_the_file():
    assert toolbar("a-very-long-name-of-a-snapshot.pkl", summary(), "identify 63", 40).startswith("identify X")
