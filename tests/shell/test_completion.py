from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from pyhandles.render.documents import document
from pyhandles.shell.answering import ask
from pyhandles.shell.completion import ShellCompleter
from pyhandles.shell.mentions import mentions
from pyhandles.shell.session import Session
from tests.shell.leak import leaking_heap
from tests.taken import ADDRESS, served


def session_after(*lines):
    session = Session(leaking_heap().snapshot(), "app.pkl")
    for line in lines:
        session.mentions = mentions(document(line, ask(session, line)))
    return session


def completions(line, session=None):
    completer = ShellCompleter(session or session_after())
    return [found.text for found in completer.get_completions(Document(line), CompleteEvent())]


def test_the_beginning_of_a_command():
    assert completions("iden") == ["identify"]
    assert completions("i") == ["io list", "identify", "inrefs", "inherit"]


def test_the_second_word_of_a_command():
    assert completions("io ") == ["list"]
    assert completions("io l") == ["list"]


def test_the_options_of_a_command():
    assert completions("identify 7 --") == ["--raw", "--all", "--depth"]
    assert completions("identify 7 --raw --") == ["--all", "--depth"]


def test_the_value_of_an_option_is_nothing_that_can_be_completed():
    assert completions("identify 7 --depth ") == []


def test_descriptor_numbers_where_a_command_takes_an_object():
    assert completions("identify ")[:4] == ["5", "7", "8", "9"]
    assert completions("show 8") == ["8"]


def test_descriptor_numbers_where_a_command_takes_one():
    assert completions("fd ")[:4] == ["5", "7", "8", "9"]
    assert completions("fd 7 ") == ["--stacks", "--last"]


def test_an_object_is_taken_once():
    assert "8" not in completions("show 7 ")


def test_what_the_last_answer_mentioned_comes_first():
    session = session_after("identify 9")

    first, *rest = completions("show ", session)

    assert first == "9"
    assert rest.index("5") > max(rest.index(name) for name in session.mentions if name != "9")


def test_the_marks_of_the_last_answer():
    assert completions("show *", session_after("identify 7")) == ["*A"]


def test_addresses_of_the_last_answer():
    found = completions("show 0x", session_after("identify 7"))

    assert found
    assert all(name.startswith("0x") for name in found)


def test_the_names_of_commands_after_help():
    assert completions("help sh") == ["show"]


def test_nothing_follows_what_is_no_command():
    assert completions("xyzzy ") == []


def test_the_snapshots_in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "old").mkdir()
    for name in ("a.pkl", "b.txt", "c d.pkl", "old/e.pkl"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    assert completions("diff ") == ["a.pkl", "old/"]
    assert completions("diff a.pkl o") == ["old/"]
    assert completions("diff old/") == ["old/e.pkl"]
    assert completions(f"diff {tmp_path}/a") == [f"{tmp_path}/a.pkl"]
    assert completions("diff nowhere/x") == []


def test_the_addresses_at_which_one_listens():
    assert completions("who ", Session(served().snapshot(), "taken.pkl")) == [ADDRESS]
