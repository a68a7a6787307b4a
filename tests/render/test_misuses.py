from __future__ import annotations

from pyhandles.findings.misuses import misuses
from pyhandles.findings.summary import summary
from pyhandles.render.text import text_lines
from tests.shell.recorded import recorded_heap


def test_a_paragraph_says_what_was_wrong_how_it_came_about_and_what_to_change():
    page = misuses(recorded_heap().snapshot(), limit=1)

    assert [text.plain for text in text_lines(page, 80)] == [
        "late use, 12 times at this place, first: send() on fd 7 was meant for what had",
        "been there before, by thread MainThread at reader.py:10 in Reader.run; closed",
        "1.0 s before by thread worker-3 at pool.py:95 in Pool.drop; given out again 2.0",
        "ms before by thread worker-3 at pool.py:88 in Pool.get.",
        "used    socket.py:5 in send ← reader.py:10 in Reader.run",
        "closed  pool.py:95 in Pool.drop ← app.py:12 in main",
        "opened  pool.py:88 in Pool.get ← app.py:12 in main",
        "fix     hand on the object, not its number, and let nobody close it while it is",
        "        in use: have the thread that uses it close it, or use and close it under",
        "        one lock",
        "… and 1 more (--offset 1, or a larger --limit)",
    ]


def test_the_summary_has_a_line_of_it():
    lines = [text.plain for text in text_lines(summary(recorded_heap().snapshot()), None)]

    assert "misuse     2 kinds of misuse of descriptors (late use, double close): see `misuse`" in lines
