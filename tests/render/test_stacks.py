"""Stacks are told as Python tells them, however deep they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyhandles.findings.pages import Page
from pyhandles.findings.stacks import StackFrame
from pyhandles.render.text import text_lines
from tests.render.answers import threads


def plain(frames: tuple[StackFrame, ...]) -> list[str]:
    answer = threads()
    alike = answer.alike.rows[0]
    alike = replace(alike, thread=replace(alike.thread, frames=frames))
    return [text.plain for text in text_lines(replace(answer, alike=Page((alike,), 1)), None)]


def frame(function: str, line: int = 1, *, with_locals: bool = False) -> StackFrame:
    return StackFrame("app.py", line, function, 0x1000, () if with_locals else None)


def test_a_frame_reads_as_in_a_traceback_with_its_locals_below():
    lines = [text.plain for text in text_lines(threads(), None)]

    assert lines[0].endswith("most recent call last:")
    assert lines[1:3] == [
        '  File "/srv/client.py", line 41, in open',
        "    sock = socket.socket fd 63  tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED  0x7f0000001000",
    ]


def test_a_task_tells_what_it_waits_for():
    lines = [text.plain for text in text_lines(threads(), None)]

    assert "  waits for task Task-7 of fetch() 0x7f0000002040" in lines
    assert lines[-1] == "… and 9,999 more (`tasks` shows them all)"


def test_a_line_that_calls_itself_is_shown_three_times():
    lines = plain((frame("main"), *[frame("again", 7)] * 1000, frame("last")))

    assert lines[1:7] == [
        '  File "app.py", line 1, in main',
        *['  File "app.py", line 7, in again'] * 3,
        "  [Previous line repeated 997 more times]",
        '  File "app.py", line 1, in last',
    ]


@pytest.mark.parametrize("with_locals", [False, True])
def test_a_deep_stack_is_told_by_its_ends(with_locals: bool):
    frames = tuple(frame(f"f{number}", with_locals=with_locals) for number in range(10_000))
    lines = plain(frames)

    assert len(lines) < 100
    assert lines[1].endswith("in f0")
    assert any(line.endswith("in f9999") for line in lines)
    assert "  … 9,940 more frames (--format json has them all) …" in lines


def test_frames_with_locals_are_not_told_together():
    lines = plain(tuple(replace(frame("again", with_locals=True), address=number) for number in range(5)))

    assert lines.count('  File "app.py", line 1, in again') == 5
