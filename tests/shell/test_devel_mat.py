"""docs/devel-mat.md: whatever command of ours the table names, there is, with the options that it names."""

from __future__ import annotations

import re

import pytest

from pyhandles.cli import _parser
from pyhandles.shell.parsing import parse
from tests.endtoend.service import ROOT

DOCUMENT = (ROOT / "docs" / "devel-mat.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCUMENT.splitlines() if line.startswith("|")]
OURS = {code for row in ROWS for code in re.findall(r"`([^`]+)`", row[-1])}

PERL = (
    *("find io", "find blessed", "find lexical", "find pv", "find num", "find struct", "find magic"),
    *("identify", "show", "inrefs", "outrefs", "callers", "count", "values", "elems", "largest", "size", "roots"),
    *("symbols", "packages", "summary", "stack", "list-dangling-ptrs", "help", "more", "time", "tools"),
    *("pmat-diff", "pmat-leakreport", "pmat-counts", "pmat-list-orphans", "pmat-cat-svpv"),
)
"""Every command and program of Devel::MAT 0.51."""


def of(beginning: str) -> list[str]:
    return sorted(code for code in OURS if code.startswith(beginning))


OTHERS = ("pyhandles", "python -m ", "--", "evaluation stack")
SHELL = sorted(code for code in OURS if not code.startswith(OTHERS))


@pytest.mark.parametrize("line", SHELL)
def test_a_command_of_the_shell_takes_what_the_table_gives_it(line: str):
    assert parse(line) is not None


@pytest.mark.parametrize("line", of("pyhandles diff"))
def test_a_command_line_is_one(line: str):
    assert _parser().parse_args(line.split()[1:]).run


def test_there_is_something_to_test():
    assert len(SHELL) > 20
    assert len(of("pyhandles diff")) == 2


@pytest.mark.parametrize("command", PERL)
def test_every_command_of_perl_s_has_its_line(command: str):
    named = {code for row in ROWS for code in re.findall(r"`([^`]+)`", row[0])}

    assert any(code == command or code.startswith(f"{command} ") for code in named)


def test_every_line_says_what_is_here_or_that_nothing_is():
    for row in ROWS:
        assert len(row) == 3, row
        assert "`" in row[2] or row[2].startswith(("nothing", "not needed", "pyhandles", "---")), row
