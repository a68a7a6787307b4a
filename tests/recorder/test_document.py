"""docs/recording.md shows what its program's snapshot says."""

from __future__ import annotations

import re
from pathlib import Path

from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot
from tests.collectors import native_only
from tests.endtoend.service import ROOT, python, script

pytestmark = native_only("it does not record")

OF_THIS_RUN = re.compile(r"\d+:\d+:\d+\.\d+|127\.0\.0\.1:\d+|\d+(\.\d)? [nµm]?s\b| +")


def same_in_every_run(line: str) -> str:
    """The line without times and ports, and spaces made one."""
    return OF_THIS_RUN.sub(" ", line).strip()


def test_the_trace_of_the_race(tmp_path: Path):
    text = (ROOT / "docs" / "recording.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(\"\"\"link\.py.*?)```", text, re.DOTALL)
    [(line, shown)] = re.findall(r"```\npyhandles> (trace [^\n]*)\n(.*?)```", text, re.DOTALL)
    outcome = python(script(tmp_path, program, name="link.py"), cwd=tmp_path)
    assert outcome.status == 0, outcome

    answer = ask(Session(Snapshot.open(outcome.snapshot()), "link.pkl"), line)
    lines = [text.plain for text in text_lines(answer, 80)]

    _, *told = map(same_in_every_run, lines[:-1])
    assert told == [same_in_every_run(each) for each in shown.splitlines()[1:]]
    assert lines[-1].startswith("… after ")
