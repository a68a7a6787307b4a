"""docs/address-in-use.md shows what the examples' snapshots say, and those of its own program."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot
from tests.collectors import native_only
from tests.endtoend.service import EXAMPLES, ROOT, dumped, python, script

pytestmark = native_only("it tells nothing of the surroundings")

TEXT = (ROOT / "docs" / "address-in-use.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```\n\$ ([^\n]*)\npyhandles> ([^\n]*)\n(.*?)\n```", TEXT, re.DOTALL)
[PROGRAM] = re.findall(r"```python\n(\"\"\"server\.py.*?)```", TEXT, re.DOTALL)

OF_THIS_RUN = {
    r"127\.0\.0\.1:\d+": "ADDRESS",
    r"process \d+": "process N",
    r"\((?!/bin/cat)[^()]*python[^()]*\)": "(python server.py)",
    r"receiver-\d+": "receiver-N",
    r"\d+:\d+:\d+": "TIME",
    r"\d+(\.\d+)? [nµm]?s\b": "SPAN",
}


def same_in_every_run(text: str) -> str:
    """The text without ports, processes and times, wherever its lines end."""
    text = " ".join(text.split())
    for what, word in OF_THIS_RUN.items():
        text = re.sub(what, word, text)
    return text


def told(path: Path, line: str) -> str:
    lines = text_lines(ask(Session(Snapshot.open(path), path.name), line), 80)
    return same_in_every_run("\n".join(text.plain for text in lines))


@pytest.mark.parametrize(("command", "line", "shown"), [each for each in SHOWN if "examples/" in each[0]])
def test_what_is_shown_of_an_example(tmp_path: Path, command: str, line: str, shown: str):
    words = command.removeprefix("python -m pyhandles.dump ").split()
    *options, example = words
    outcome = dumped(tmp_path, *options, EXAMPLES / Path(example).name)
    assert told(outcome.snapshot(), line) == same_in_every_run(shown)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="multiprocessing starts its children in another way by default")
def test_what_is_shown_of_the_program(tmp_path: Path):
    outcome = python(script(tmp_path, PROGRAM, name="server.py"), cwd=tmp_path)
    assert outcome.status == 0, outcome
    for command, line, shown in SHOWN:
        if command.startswith("pyhandles shell "):
            snapshot = tmp_path / command.removeprefix("pyhandles shell ")
            version = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
            expected = re.sub(r"Python 3\.\d+", version, same_in_every_run(shown))
            assert told(snapshot, line) == expected


def test_every_example_of_an_address_in_use_is_shown():
    names = {path.name for path in EXAMPLES.glob("*_reopen.py")}
    assert {command.rpartition("/")[2] for command, line, _ in SHOWN if line == "who"} == names
