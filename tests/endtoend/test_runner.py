"""``python -m pyhandles.dump`` behaves as ``python`` would, and then there is a snapshot."""

from __future__ import annotations

import os
import signal
import zipfile
from pathlib import Path

import pytest

from tests.collectors import sees_every_error
from tests.endtoend.service import dumped, python, script

LOOK = """
'''The docstring.'''
import pickle, sys

class Mine:
    pass

main = sys.modules["__main__"]
for name in ("__name__", "__doc__", "__package__", "__file__", "__cached__", "__annotations__"):
    print(name, getattr(main, name, "none"))
print(type(main.__builtins__).__name__, main.__loader__.__class__.__name__, getattr(main.__spec__, "name", None))
print(sys.argv, repr(sys.path[0]), len(sys.path), vars(main) is globals(), sys._getframe().f_code.co_filename)
print(type(pickle.loads(pickle.dumps(Mine()))) is Mine)
"""


def same_as_python(tmp_path: Path, *program: str | Path, flags: tuple[str, ...] = ()) -> None:
    """Run it with Python and with us: same output, same errors, same status, and one snapshot."""
    expected = python(*flags, *program, cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1")
    actual = python(
        *flags, "-m", "pyhandles.dump", "--quiet", "--", *program, cwd=tmp_path, PYTHONDONTWRITEBYTECODE="1"
    )
    assert (actual.out, actual.err, actual.status) == (expected.out, expected.err, expected.status)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    script(tmp_path, LOOK, "look.py")
    for package in ("package", "directory"):
        (tmp_path / package).mkdir()
        script(tmp_path / package, LOOK, "__main__.py")
    (tmp_path / "package" / "__init__.py").touch()
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", LOOK)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "other.py").symlink_to(tmp_path / "look.py")
    return tmp_path


@pytest.mark.parametrize(
    "program",
    [
        ("look.py", "one", "--two", "-o", "--", "three"),
        ("./look.py",),
        ("linked/other.py", "-x"),
        ("directory", "-m"),
        ("archive.zip", "a"),
        ("-m", "look", "-m", "a"),
        ("-m", "package", "--help"),
        ("-m", "package.__main__"),
        ("-c", LOOK, "a", "-c"),
    ],
    ids=lambda words: " ".join(words[:2]).partition("\n")[0],
)
def test_arguments_import_path_and_main_module(programs: Path, program: tuple[str, ...]):
    same_as_python(programs, *program)


@pytest.mark.parametrize("program", ["look.py", "directory", "archive.zip"])
def test_with_a_safe_path_only_what_python_itself_puts_there_comes_first(programs: Path, program: str):
    same_as_python(programs, program, flags=("-P",))


def test_a_compiled_file(tmp_path: Path):
    source = script(tmp_path, "import sys; print(sys.argv, __file__, __loader__.__class__.__name__)")
    assert python("-m", "compileall", "-b", source, cwd=tmp_path).status == 0
    same_as_python(tmp_path, "app.pyc", "a")


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    raise ValueError('wrong')\nf()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError('k') from error",
        "def f(:\n    pass",
        "import json\njson.loads('{')",
        "import sys\nsys.exit('the end')",
        "import sys\nsys.exit(300)",
        "import sys\nsys.exit()",
        "raise SystemExit(3)",
        "raise KeyboardInterrupt",
        "import os\nos._exit(9)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
        "import sys\nsys.excepthook = lambda *exception: print('mine', exception[0], exception[2].tb_lineno)\n1 / 0",
        pytest.param(
            "import atexit, sys\natexit.register(lambda: print(sys.excepthook is sys.__excepthook__))\n1 / 0",
            marks=sees_every_error,
        ),
        "import threading\nthreading.Thread(target=lambda: 1 / 0, name='t').start()",
        "import asyncio\nasync def main():\n    raise ValueError\nasyncio.run(main())",
        "raise ValueError(1).with_traceback(None)",
        "import missing_module",
    ],
)
def test_endings(tmp_path: Path, source: str):
    script(tmp_path, source)
    same_as_python(tmp_path, "app.py")
    same_as_python(tmp_path, "-m", "app")
    same_as_python(tmp_path, "-c", source)


def test_what_is_not_there(tmp_path: Path):
    same_as_python(tmp_path, "missing.py")
    same_as_python(tmp_path, "-m", "missing_module")
    assert not list(tmp_path.glob("missing-*.pkl"))


def test_multiprocessing_finds_the_main_module(tmp_path: Path):
    script(
        tmp_path,
        """
        import multiprocessing

        def square(number):
            return number * number

        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.map(square, [1, 2, 3]))
        """,
    )
    same_as_python(tmp_path, "app.py")


def test_ctrl_c_ends_it_as_it_ends_python(tmp_path: Path):
    script(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time; time.sleep(9)")
    outcome = dumped(tmp_path, "--", "app.py")
    assert outcome.status == -signal.SIGINT
    assert outcome.snapshot().name.endswith("-exit.pkl")


def test_names_of_snapshots(programs: Path):
    for program in (("look.py",), ("-m", "package"), ("-c", "pass"), ("directory",), ("archive.zip",)):
        assert dumped(programs, "--", *program).status == 0
    names = sorted(path.name.split("-")[0] for path in programs.glob("*.pkl"))
    assert names == ["archive", "directory", "look", "package", "python"]


def test_a_directory_takes_snapshots_by_their_usual_names(tmp_path: Path):
    (tmp_path / "dumps").mkdir()

    outcome = dumped(tmp_path, "-o", "dumps", "--", script(tmp_path, ""))

    [snapshot] = (tmp_path / "dumps").iterdir()
    assert snapshot.match("app-*-exit.pkl")
    assert str(snapshot) in outcome.err


def test_limit_is_the_programs_soft_limit(tmp_path: Path):
    source = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    assert dumped(tmp_path, "--limit", "40", "--", "-c", source).out == "40\n"


def test_without_a_fork_the_process_captures_itself_and_says_so(tmp_path: Path):
    outcome = dumped(tmp_path, "--no-fork", "--", "-c", "print('ran')")
    assert (outcome.out, outcome.status) == ("ran\n", 0)
    assert outcome.plain().header["capture"]["mode"] == "in place"
    assert "while the process stood still" in outcome.err


def test_other_triggers_may_be_asked_for(tmp_path: Path):
    outcome = dumped(tmp_path, "--on", "exception,signal:USR1", "--", "-c", "raise ValueError('wrong')")
    assert outcome.status == 1
    assert outcome.plain().header["trigger"] == "exception"
    assert "pyhandles/dump" not in outcome.err.partition("pyhandles: ")[0]


def test_it_tells_what_it_wrote_and_how_to_open_it(tmp_path: Path):
    told = dumped(tmp_path, "--", "-c", "pass")
    assert f"pyhandles shell {told.snapshot()}" in told.err
    assert dumped(tmp_path, "--quiet", "--", "-c", "pass").err == ""


def test_the_double_dash_may_be_left_out(tmp_path: Path):
    outcome = dumped(tmp_path, "--quiet", "-o", "it.pkl", "-c", "import sys; print(sys.argv)", "--", "-x")
    assert (outcome.out, outcome.status) == ("['-c', '--', '-x']\n", 0)
    assert outcome.snapshot().name == "it.pkl"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "which program?"),
        (["--"], "which program?"),
        (["--", "-m"], "-m needs a MODULE"),
        (["--", "-c"], "-c needs a CODE"),
        (["--frob", "--", "app.py"], "--frob"),
        (["--limt", "64", "--", "app.py"], "did you mean --limit?"),
        (["--record=0", "--", "app.py"], "'0' is no number of frames from 1 to 64"),
        (["--record=many", "--", "app.py"], "'many' is no number of frames"),
        (["--recrod", "--", "app.py"], "did you mean --record?"),
        (["--misuse", "raise", "--", "app.py"], "add --record"),
        (["--record", "--misuse", "shout", "--", "app.py"], "shout"),
        (["--widen", "close@app.py:f=5", "--", "app.py"], "add --record"),
        (["--record", "--widen", "close=5", "--", "app.py"], "for example: close@pool.py:reconnect=5"),
        (["--record", "--widen", "close@app.py:f=soon", "--", "app.py"], "no CALL@SITE=MS"),
        (["--on", "emfeil", "--", "-c", "pass"], "did you mean emfile?"),
        (["--on", "signal:usr1", "--", "-c", "pass"], "did you mean USR1?"),
        (["--on", "errno:EBDAF", "--", "-c", "pass"], "did you mean EBADF?"),
        (["--limit", "many", "--", "app.py"], "'many'"),
        (["--limit", "0", "--", "app.py"], "'0'"),
        (["--limit", "999999999", "--", "-c", "pass"], "hard limit"),
        (["--on", "emfiel", "--", "-c", "pass"], "emfiel"),
        (["--keys", "some", "--", "-c", "pass"], "some"),
        (["-o", "/no/such/directory/x.pkl", "--", "-c", "pass"], "/no/such/directory"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_status_2(tmp_path: Path, words: list[str], told: str):
    outcome = dumped(tmp_path, *words)
    assert outcome.status == 2
    [line] = outcome.err.splitlines()
    assert line.startswith("pyhandles: ")
    assert told in line
    assert outcome.snapshots == []


def test_help(tmp_path: Path):
    told = dumped(tmp_path, "--help", "--", "app.py", COLUMNS="80")
    assert told.status == 0
    assert "--limit" in told.out
    assert os.linesep in told.out
