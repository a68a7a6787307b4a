"""When snapshots are made, what they are called, and what is never overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.endtoend.service import dumped, script, service

RUNS_OUT = """
import os
try:
    while True:
        os.dup(0)
except OSError:
    print("out")
"""


def test_exit_is_captured_after_the_programs_own_exit_handlers(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import atexit, sys
        import pyhandles

        pyhandles.install()

        class Kept:
            pass

        def last():
            sys.modules["__main__"].kept = Kept()

        atexit.register(last)
        sys.exit(5)
        """,
    )
    assert outcome.status == 5, outcome
    plain = outcome.plain()
    assert (plain.header["trigger"], plain.header["errno"]) == ("exit", None)
    kept = [row for row in plain.rows("types") if plain.text(row["qualname"]) == "Kept"]
    assert kept
    assert kept[0]["object"] in plain.column("objects", "type")


def test_exit_is_not_captured_after_an_emfile_capture(tmp_path: Path):
    outcome = service(tmp_path, "import pyhandles; pyhandles.install()" + RUNS_OUT, limit=64)
    assert outcome.status == 0, outcome
    assert [path.name.rpartition("-")[2] for path in outcome.snapshots] == ["emfile.pkl"]


def test_only_the_triggers_that_were_asked_for_capture(tmp_path: Path):
    outcome = service(tmp_path, "import pyhandles; pyhandles.install(on=('exit',))" + RUNS_OUT, limit=64)
    assert outcome.status == 0, outcome
    assert [path.name.rpartition("-")[2] for path in outcome.snapshots] == ["exit.pkl"]


def test_the_child_of_a_fork_does_not_capture_its_own_exit(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os, sys
        import pyhandles

        pyhandles.install()
        child = os.fork()
        if child == 0:
            sys.exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
        print(os.getpid())
        """,
    )
    assert outcome.status == 0, outcome
    assert outcome.snapshot().name == f"app-{int(outcome.out)}-exit.pkl"


def test_a_call_captures_waits_and_returns_the_path(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os
        import pyhandles

        print(pyhandles.capture())
        pyhandles.install(on=())
        print(pyhandles.capture())
        print(pyhandles.capture(reason="deploy"))
        print(pyhandles.capture("here.pkl"))
        print(pyhandles.capture(path="{name}-of-{pid}.pkl", reason="deploy"))
        print(os.getpid())
        """,
    )
    *paths, pid = outcome.out.split()
    assert [Path(path).name for path in paths] == [
        f"app-{pid}-request.pkl",
        f"app-{pid}-request-2.pkl",
        f"app-{pid}-deploy.pkl",
        "here.pkl",
        f"app-of-{pid}.pkl",
    ]
    assert all(Path(path).is_absolute() and Path(path).exists() for path in paths)


def test_a_call_that_cannot_write_says_why(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import pyhandles
        from pyhandles.errors import PyhandlesError

        try:
            pyhandles.capture("/no/such/directory/x.pkl")
        except PyhandlesError as error:
            print(error)
        """,
    )
    assert outcome.status == 0, outcome
    assert "/no/such/directory" in outcome.out
    assert "No such file or directory" in outcome.out


def test_a_second_install_does_nothing_or_is_an_error(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import pyhandles
        from pyhandles.errors import PyhandlesError

        pyhandles.install(on=("emfile",))
        pyhandles.install(on=("emfile",))
        try:
            pyhandles.install(on=("emfile",), cooldown=1)
        except PyhandlesError as error:
            print(error)
        pyhandles.uninstall()
        pyhandles.uninstall()
        pyhandles.install(on=(), cooldown=1)
        """,
    )
    assert outcome.status == 0, outcome
    assert len(outcome.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("install(on=('emfiel',))", "emfiel"),
        ("install('/no/such/directory/x.pkl')", "/no/such/directory"),
        ("install(keys='some')", "some"),
        ("install(maximum=-1)", "maximum"),
        ("install(record=65)", "record=65 is no number of frames from 1 to 64"),
        ("install(record=0)", "record=0"),
        ("install(record='yes')", "'yes'"),
        ("install(record=True, misuse='shout')", "misuse='shout'"),
        ("install(misuse='raise')", "about what is recorded"),
        ("widen('close', site='app.py:f', milliseconds=1)", "nothing is recorded here"),
    ],
)
def test_a_wrong_argument_is_an_error_and_installs_nothing(tmp_path: Path, call: str, told: str):
    outcome = service(
        tmp_path,
        f"""
        import pyhandles
        from pyhandles.errors import PyhandlesError

        try:
            pyhandles.{call}
        except PyhandlesError as error:
            print(error)
        """,
    )
    assert outcome.status == 0, outcome
    assert told in outcome.out
    assert outcome.snapshots == []


def test_a_path_with_placeholders(tmp_path: Path):
    outcome = dumped(tmp_path, "-o", "of {name}, {trigger} in {pid}.pkl", "--", script(tmp_path, ""))
    assert re.fullmatch(r"of app, exit in \d+\.pkl", outcome.snapshot().name)


def test_a_path_without_placeholders_is_used_as_it_is_for_the_first_capture(tmp_path: Path):
    outcome = service(
        tmp_path,
        "import pyhandles; pyhandles.install('it.pkl')" + RUNS_OUT,
        limit=64,
    )
    assert outcome.status == 0, outcome
    assert outcome.snapshot().name == "it.pkl"


def test_what_exists_is_never_overwritten_nor_followed(tmp_path: Path):
    (tmp_path / "kept.pkl").write_text("precious", encoding="utf-8")
    (tmp_path / "link.pkl").symlink_to(tmp_path / "elsewhere.pkl")
    for name in ("kept", "link"):
        outcome = dumped(tmp_path, "-o", f"{name}.pkl", "--", script(tmp_path, ""))
        assert outcome.status == 0, outcome
    assert (tmp_path / "kept.pkl").read_text(encoding="utf-8") == "precious"
    assert not (tmp_path / "elsewhere.pkl").exists()
    assert sorted(path.name for path in outcome.snapshots) == ["kept-2.pkl", "kept.pkl", "link-2.pkl", "link.pkl"]


def test_the_default_path_is_in_the_directory_of_the_start(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os
        import pyhandles

        pyhandles.install()
        os.chdir("/")
        """,
    )
    assert outcome.snapshot().name.endswith("-exit.pkl")


def test_a_snapshot_that_cannot_be_written_is_one_line_and_changes_nothing_else(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os, sys
        import pyhandles

        os.mkdir("gone")
        pyhandles.install("gone/x.pkl")
        os.rmdir("gone")
        sys.exit(4)
        """,
    )
    assert outcome.status == 4, outcome
    [line] = outcome.err.splitlines()
    assert line.startswith("pyhandles: ")
    assert "gone" in line
