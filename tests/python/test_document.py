"""What docs/python.md and the methods' docstrings show is what happens."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import pyhandles
from pyhandles.loaded import LoadedSnapshot
from tests.python.conftest import DOCUMENT

FINDER = doctest.DocTestFinder(exclude_empty=True)


def run(test: doctest.DocTest) -> str:
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(test, out=said.append)
    return "".join(said)


def test_the_session_of_the_document(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)
    blocks = re.findall(r"```pycon\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "python.md", str(DOCUMENT), 0)

    assert len(test.examples) > 15
    assert not run(test)


@pytest.mark.parametrize(
    "test", [test for part in LoadedSnapshot.__mro__ for test in FINDER.find(part)], ids=lambda test: test.name
)
def test_the_example_of_a_method(folder: Path, monkeypatch: pytest.MonkeyPatch, test: doctest.DocTest):
    monkeypatch.chdir(folder)
    test.globs = {"snapshot": pyhandles.load("service-2.pkl")}

    assert not run(test)
