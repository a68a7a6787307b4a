from __future__ import annotations

import pytest
from prompt_toolkit.history import InMemoryHistory

from pyhandles.shell.history import history_path, open_history


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_lines_are_there_in_the_next_session(state):
    open_history().store_string("identify 63")

    assert list(open_history().load_history_strings()) == ["identify 63"]
    assert history_path() == state / "pyhandles" / "history"
    assert history_path().stat().st_mode & 0o777 == 0o600


def test_without_the_variable_it_is_in_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert history_path() == tmp_path / ".local" / "state" / "pyhandles" / "history"


def test_where_nothing_can_be_written_it_is_in_memory(state):
    (state / "pyhandles").write_text("a file where the directory should be")

    history = open_history()

    assert isinstance(history, InMemoryHistory)
    history.store_string("identify 63")
    assert list(history.load_history_strings()) == ["identify 63"]


@pytest.mark.usefixtures("state")
def test_a_history_that_vanishes_does_not_end_the_session():
    history = open_history()
    history_path().unlink()
    history_path().parent.rmdir()

    history.store_string("identify 63")

    assert list(history.load_history_strings()) == []
