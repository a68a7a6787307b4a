"""The shell at a terminal, as a person meets it."""

from __future__ import annotations

import sys

import pytest

from tests.shell.leak import leaking_heap
from tests.shell.terminal import CTRL_C, CTRL_D, TAB, UP, Terminal

PROMPT = "pyhandles>"

SLOW_COMMAND = """
import sys, time
from pyhandles.cli import main
from pyhandles.shell.commands import COMMANDS, Summary

class Slow(Summary):
    name = "slow"
    def run(self, session, arguments):
        print("working", flush=True)
        while True:  # a signal that another thread of the process takes ends no sleep of this one
            time.sleep(0.01)

COMMANDS["slow"] = Slow()
sys.exit(main())
"""

WITHOUT_INPUT = """
import os, sys
from pyhandles.cli import main

sys.stdin = open(os.devnull)
sys.exit(main())
"""


@pytest.fixture
def open_shell(tmp_path):
    path = tmp_path / "app-17-emfile.pkl"
    leaking_heap().write(path)
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\nsed 's/^/PAGED /'\n")
    pager.chmod(0o700)
    opened = []

    def open_(program=("-m", "pyhandles"), **options):
        options = {"XDG_STATE_HOME": str(tmp_path), "PAGER": str(pager), "NO_COLOR": "1"} | options
        opened.append(Terminal([sys.executable, *program, "shell", str(path)], **options))
        return opened[-1]

    yield open_
    for terminal in opened:
        terminal.close()


def test_it_opens_with_the_summary_answers_and_leaves_at_ctrl_d(open_shell):
    terminal = open_shell()

    assert "4 descriptors open, soft limit 64" in terminal.wait_for(PROMPT)
    terminal.type("identify 7\r")
    terminal.wait_for("garbage: ")
    terminal.wait_for("already found circularly")
    terminal.wait_for(PROMPT)
    terminal.type(CTRL_D)
    assert terminal.wait_for_end()[1] == 0


@pytest.mark.parametrize("word", ["quit", "exit"])
def test_it_leaves_when_told(open_shell, word):
    terminal = open_shell()

    terminal.wait_for(PROMPT)
    terminal.type(f"{word}\r")
    assert terminal.wait_for_end()[1] == 0


def test_ctrl_c_at_the_prompt_drops_the_line(open_shell):
    terminal = open_shell()

    terminal.wait_for(PROMPT)
    terminal.type("identify 7")
    terminal.wait_for("identify 7")
    terminal.type(CTRL_C)
    terminal.wait_for(PROMPT)
    terminal.type("why 9\r")

    assert "already found" not in terminal.wait_for("fd 9  tcp")


def test_ctrl_c_cancels_the_command_and_not_the_shell(open_shell):
    terminal = open_shell(program=("-c", SLOW_COMMAND))

    terminal.wait_for(PROMPT)
    terminal.type("slow\r")
    terminal.wait_for("working\n")
    terminal.type(CTRL_C)
    terminal.wait_for("cancelled")
    terminal.wait_for(PROMPT)
    terminal.type("why 9\r")
    terminal.wait_for("fd 9  tcp")
    terminal.wait_for(PROMPT)
    terminal.type(CTRL_D)
    assert terminal.wait_for_end()[1] == 0


def test_a_failed_command_is_told_and_the_shell_goes_on(open_shell):
    terminal = open_shell()

    terminal.wait_for(PROMPT)
    terminal.type("idnetify 7\r")
    terminal.wait_for("no command 'idnetify'. Did you mean `identify`?")
    terminal.wait_for(PROMPT)
    terminal.type("why 9\r")
    terminal.wait_for("fd 9  tcp")


def test_an_answer_that_fits_the_terminal_is_not_paged(open_shell):
    terminal = open_shell(rows=24)

    terminal.wait_for(PROMPT)
    terminal.type("io list\r")

    assert "PAGED" not in terminal.wait_for("4 open")


def test_an_answer_longer_than_the_terminal_is_paged(open_shell):
    terminal = open_shell(rows=6)

    terminal.wait_for(PROMPT)
    terminal.type("io list\r")

    terminal.wait_for("PAGED  5")


def test_without_a_pager_a_long_answer_is_printed(open_shell):
    terminal = open_shell(rows=6, PAGER="/nonexistent/pager")

    terminal.wait_for(PROMPT)
    terminal.type("io list\r")

    terminal.wait_for("4 open")


def test_completion(open_shell):
    terminal = open_shell()

    terminal.wait_for(PROMPT)
    terminal.type("iden" + TAB)
    terminal.wait_for("identify X")
    terminal.type(" 9\r")
    terminal.wait_for("fd 9  tcp")


def test_what_was_typed_before_is_there_again(open_shell):
    first = open_shell()
    first.wait_for(PROMPT)
    first.type("why 9\r")
    first.wait_for("fd 9  tcp")
    first.wait_for(PROMPT)
    first.type(CTRL_D)
    first.wait_for_end()

    second = open_shell()
    second.wait_for(PROMPT)
    second.type(UP)
    second.wait_for("why 9")
    second.type("\r")
    second.wait_for("fd 9  tcp")


def test_the_toolbar_says_what_the_command_takes(open_shell):
    terminal = open_shell()

    terminal.wait_for("4 of 64 open")
    terminal.type("identify ")
    terminal.wait_for("[--all]")


def test_on_40_columns_no_line_of_an_answer_is_wider(open_shell):
    terminal = open_shell(columns=40, rows=60)

    terminal.wait_for(PROMPT)
    terminal.type("io list\r")
    terminal.wait_for("holder")
    table = terminal.wait_for("4 open").splitlines()
    terminal.wait_for(PROMPT)
    terminal.type("identify 7\r")
    terminal.wait_for("garbage: ")
    tree = terminal.wait_for("circularly").splitlines()

    assert len([line for line in table if "Connection.sock" in line]) == 3
    assert all(len(line) <= 40 for line in [*table, *tree])


def test_standard_input_that_is_no_terminal_gets_no_prompt(open_shell):
    terminal = open_shell(program=("-c", WITHOUT_INPUT))

    assert terminal.wait_for_end() == ("", 0)
