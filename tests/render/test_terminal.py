from __future__ import annotations

import io
import os
import pty

import pytest
from rich.text import Text

from pyhandles.render.terminal import Terminal, terminal_of

LINE = Text.assemble(("fd 3", "bold red"), "  a → b  └─")


@pytest.fixture
def terminal_stream(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        yield stream
    os.close(ours)


def test_a_file_gets_plain_lines_of_any_length():
    terminal = terminal_of(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))

    assert (terminal.width, terminal.colour) == (None, False)
    assert terminal.encode([LINE]) == ["fd 3  a → b  └─"]


def test_a_terminal_gets_colour(terminal_stream):
    [line] = terminal_of(terminal_stream).encode([LINE])

    assert line.startswith("\x1b[")


def test_no_color_is_respected(terminal_stream, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    assert terminal_of(terminal_stream).encode([LINE]) == ["fd 3  a → b  └─"]


def test_a_stream_without_unicode_gets_ascii():
    terminal = terminal_of(io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))

    assert terminal.encode([LINE, Text("12 µs")]) == ["fd 3  a -> b  `-", "12 us"]


def test_every_line_stays_one_line_however_long():
    lines = [Text("x" * 500, "red"), Text(), Text("y")]

    assert len(Terminal(80, colour=True, unicode=True).encode(lines)) == 3
