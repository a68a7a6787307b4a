"""``python -m pyhandles.dump`` beside ``python``, on a table of programs: same output, same errors, same status.

Each program is run by both at once, in two equal directories. Where they cannot be equal, the program says what differs.
"""

# ruff: noqa: E501 - a program is a line of the table
from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.collectors import native_only
from tests.endtoend.service import ROOT, Outcome, python, script

DUMP = ("-m", "pyhandles.dump", "--quiet", "--")
COMPILED_ANOTHER_WAY = "without the extension, Python code of ours reads and compiles the file"
FRAMES_STAY = "without the extension, our frames are beneath the program's"


@dataclass(frozen=True, slots=True)
class Program:
    """``shows`` is its name; ``differs`` is what pyhandles.dump prints, and python does not."""

    shows: str
    source: str = ""
    command: tuple[str, ...] = ("app.py",)
    flags: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    typed: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    differs: str = ""
    native: str = ""


LOOK = """
'''The docstring.'''
import sys
main = sys.modules["__main__"]
print(sys.argv, sys.path)
for name, value in list(globals().items()):
    print(name, type(value).__name__)
for name in ("__name__", "__doc__", "__package__", "__file__", "__cached__", "__annotations__"):
    print(name, repr(getattr(main, name, "none")))
print(getattr(main.__spec__, "name", None), getattr(main.__spec__, "origin", None), __builtins__ is sys.modules["builtins"])
print(vars(main) is globals(), main.__dict__ is sys._getframe().f_globals, sys._getframe().f_code.co_filename)
number: int = 1
"""

PROGRAMS = [
    # How a program is named, and what it then finds.
    Program("a file", LOOK, ("app.py", "one", "--two", "-o", "--", "three")),
    Program("a file named with a detour", LOOK, ("./../{here}/app.py",)),
    Program("a module", LOOK, ("-m", "app", "-m", "a")),
    Program("a package", LOOK, ("-m", "package", "--help"), files={"package/__init__.py": "", "package/__main__.py": LOOK}),
    Program(
        "relative imports in a package's __main__",
        command=("-m", "package.__main__"),
        files={
            "package/__init__.py": "print('init', __name__)",
            "package/__main__.py": "from . import other; from .other import value; print(value, __package__, __spec__.name)",
            "package/other.py": "value = __name__",
        },
    ),
    Program("a module in a package", command=("-m", "package.tool", "a"), files={"package/__init__.py": "", "package/tool.py": LOOK}),
    Program("code", command=("-c", LOOK, "a", "-c")),
    Program("indented code", command=("-c", "  print(1)\n  print(2)")),
    Program("a directory", command=("directory", "-m"), files={"directory/__main__.py": LOOK}),
    Program("a zip archive", command=("archive.zip", "a"), files={"archive.zip/__main__.py": LOOK}),
    Program("a compiled file", LOOK, ("app.pyc", "a")),
    Program(
        "the command line that the interpreter had",
        "import sys; print(sys.orig_argv)",
        ("app.py", "a"),
        differs="'-m', 'pyhandles.dump', '--quiet', '--', ",
    ),
    Program(
        "a module of the program's own that is called like one that pyhandles uses",
        "import resource, argparse; print(resource.__file__, argparse.__file__)",
        files={"resource.py": "", "argparse.py": ""},
    ),
    # The interpreter's flags.
    *(
        Program(f"flags {' '.join(flags)}", f"assert __debug__, 1\n{LOOK}\nprint(sys.flags, sys.warnoptions, sys._xoptions)", flags=flags)
        for flags in [("-O",), ("-OO", "-B"), ("-I",), ("-E",), ("-s",), ("-u",), ("-P",), ("-X", "utf8"), ("-W", "error")]
    ),
    Program("flags -bb", "print(b'' == '')", flags=("-bb",)),
    Program("flags -X dev", "open('app.py')\nimport asyncio\nprint(open('app.py').name)", flags=("-X", "dev")),
    Program("a safe path for a directory", command=("directory",), flags=("-P",), files={"directory/__main__.py": LOOK}),
    Program("the first line skipped", "this is no Python\nprint('ran')", flags=("-x",), native=COMPILED_ANOTHER_WAY),
    Program("interactive afterwards", "x = 17\n1 / 0", flags=("-i",), typed="print(x)\nimport sys; sys.last_value\nsys.last_traceback.tb_next\n"),
    Program("interactive afterwards, as the environment asks", "x = 17", environment={"PYTHONINSPECT": "1"}, typed="x\nraise SystemExit(4)\n"),
    # How a program ends.
    *(
        Program(f"ends by {source}", f"import atexit, os, signal, sys\natexit.register(print, 'at exit')\n{source}")
        for source in [
            "sys.exit('the text')",
            "sys.exit(3)",
            "sys.exit(300)",
            "sys.exit(-1)",
            "sys.exit(None)",
            "raise SystemExit(['an', 'object'])",
            "raise KeyboardInterrupt",
            "os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(9)",
            "os.kill(os.getpid(), signal.SIGTERM); import time; time.sleep(9)",
            "os._exit(9)",
            "os.abort()",
            "sys.stdout.flush(); os.execv(sys.executable, [sys.executable, '-c', 'print(1); raise SystemExit(7)'])",
            "raise ValueError(1).with_traceback(None)",
            "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
            "import missing_module",
            "import json; json.loads('{')",
            "sys.stdout.close()",
            "os.close(1); print('lost')",
            "print('\\udc80')",
        ]
    ),
    Program("a chain of exceptions", "def f():\n    try:\n        1 / 0\n    except ZeroDivisionError as error:\n        raise KeyError('k') from error\nf()"),
    Program("an exception's context at the bottom", "import sys\nprint(sys.exc_info())\ntry:\n    1 / 0\nexcept Exception as error:\n    print(error.__context__, error.__traceback__.tb_frame.f_back)", native=FRAMES_STAY),
    Program("an exception in code", command=("-c", "def f():\n    1 / 0\nf()")),
    Program("an exception in a module", "1 / 0", ("-m", "app")),
    Program("an exception in an archive", command=("archive.zip",), files={"archive.zip/__main__.py": "def f():\n    1 / 0\nf()"}),
    Program("a syntax error", "x = 1\nif x\n    print(x)\n"),
    Program("an indentation error", "def f():\nreturn 1\n"),
    Program("a syntax error in a module", "x = (1,\n", ("-m", "app")),
    Program("a syntax error in code", command=("-c", "f(1 2)")),
    Program("a syntax error in what is imported", "import other", files={"other.py": "def f(:\n    pass"}),
    Program("source that cannot be decoded", "# coding: ascii\nprint('é')", native=COMPILED_ANOTHER_WAY),
    Program("an encoding that is unknown", "# coding: nonsense\n", native=COMPILED_ANOTHER_WAY),
    Program("the depth of recursion", "def f(n):\n    try:\n        return f(n + 1)\n    except RecursionError:\n        return n\nprint(f(0))", native=FRAMES_STAY),
    Program("recursion without end", "def f(): f()\nf()", native=FRAMES_STAY),
    Program("exceptions at exit, in a thread and in a finaliser", """
        import atexit, threading
        class Loud:
            def __del__(self):
                raise ValueError("finaliser")
            def __repr__(self):
                return "Loud"
        def fail(): raise ValueError("failed")
        atexit.register(fail)
        thread = threading.Thread(target=fail, name="t"); thread.start(); thread.join()
        loud = Loud(); del loud
        """),
    Program("an exception hook of the program's own", """
        import sys, traceback
        def hook(kind, error, trace):
            print(kind, error, [frame.name for frame in traceback.extract_tb(trace)], trace.tb_frame.f_back)
            print(error.__traceback__ is trace, sys.last_value if hasattr(sys, "last_value") else None)
        sys.excepthook = hook
        def f(): 1 / 0
        f()
        """, native=FRAMES_STAY),
    Program("an exception hook that fails", "import sys\nsys.excepthook = lambda *exception: 1 / 0\n[][0]", native=FRAMES_STAY),
    Program("hooks that nobody has set", "import sys, threading, atexit\nprint(sys.excepthook is sys.__excepthook__, sys.unraisablehook is sys.__unraisablehook__, sys.displayhook is sys.__displayhook__, threading.excepthook is threading.__excepthook__, sys.gettrace(), sys.getprofile())\natexit.register(lambda: print(sys.excepthook is sys.__excepthook__))\n1 / 0", native="it looks through the hooks"),
    # What it sees of the stack.
    Program("the stack", """
        import inspect, sys, traceback
        def f():
            print(len(inspect.stack()), [frame.function for frame in inspect.stack()])
            traceback.print_stack()
            frame = sys._getframe()
            while frame:
                print(frame.f_code.co_filename, frame.f_lineno)
                frame = frame.f_back
            print([len(traceback.extract_stack(each)) for each in sys._current_frames().values()])
        f()
        """, native=FRAMES_STAY),
    Program("the stack of a module", "import sys, traceback\ntraceback.print_stack()\ntry: sys._getframe(3)\nexcept ValueError as error: print(error)", ("-m", "app"), native=FRAMES_STAY),
    Program("the stack beneath a trace function", """
        import sys
        calls = []
        def depth(frame):
            return 0 if frame is None else 1 + depth(frame.f_back)
        def trace(frame, event, argument):
            calls.append((event, frame.f_code.co_name, frame.f_lineno))
            return trace
        def f(): return (lambda: 3)()
        sys.settrace(trace); f(); sys.settrace(None)
        print(calls, depth(sys._getframe()))
        def generate(): yield depth(sys._getframe())
        print(list(generate()))
        """, native=FRAMES_STAY),
    Program("the stack as faulthandler sees it", "import faulthandler\ndef f(): faulthandler.dump_traceback()\nf()", native=FRAMES_STAY),
    Program("a crash with faulthandler", "import os, signal, faulthandler\nfaulthandler.enable()\nos.kill(os.getpid(), signal.SIGSEGV)", differs="\nExtension modules: pyhandles.dump._native (total: 1)\n", native=FRAMES_STAY),
    Program("reference counts of what the program is made of", "import sys\nprint([sys.getrefcount(each) for each in (sys.modules['__main__'], globals(), sys._getframe().f_code, __file__)])", native=FRAMES_STAY),
    # Warnings.
    Program("warnings", """
        import warnings
        def f(level): warnings.warn(f"level {level}", DeprecationWarning, stacklevel=level)
        for level in (1, 2, 3, 4, 9): f(level)
        """, native=FRAMES_STAY),
    Program("a warning in a module", "import warnings\nwarnings.warn('here', DeprecationWarning, stacklevel=2)", ("-m", "app"), native=FRAMES_STAY),
    # Threads, signals, exit.
    Program("threads that outlive the main one", """
        import atexit, threading, time
        def late(): time.sleep(1); print("late")
        atexit.register(lambda: print("at exit"))
        threading.Thread(target=late).start()
        threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
        print(threading.enumerate() == [threading.main_thread(), *list(threading.enumerate())[1:]], threading.active_count())
        """),
    Program("the order of functions at exit", "import atexit\natexit.register(print, 1)\natexit.register(print, 2)\nprint(0)"),
    Program("finalisers at the very end", """
        class Loud:
            def __init__(self, name): self.name = name
            def __del__(self): print("end of", self.name)
        one, other = Loud("a global"), Loud("another")
        cycle = Loud("a cycle"); cycle.self = cycle; del cycle
        def f(): held = Loud("a local"); raise ValueError
        f()
        """),
    Program("signals", """
        import signal
        print({number: str(signal.getsignal(number)) for number in sorted(signal.valid_signals()) if "default_int" not in str(signal.getsignal(number))})
        print(signal.getsignal(2) is signal.default_int_handler, signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getitimer(0), signal.set_wakeup_fd(-1))
        """),
    # The process.
    Program("descriptors", "import os\nprint(os.listdir('/proc/self/fd'), os.open('/dev/null', os.O_RDONLY), os.open('/dev/null', os.O_RDONLY))", native="it loads ctypes, whose library keeps a descriptor of its own in newer releases"),
    Program("limits, mask, directory and threads of the process", """
        import os, resource, threading
        print({name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT")})
        print(oct(os.umask(0o22)), os.getcwd(), [each.name for each in threading.enumerate()], len(os.listdir("/proc/self/task")), os.nice(0), os.getpgrp() == os.getppid())
        print(sorted(os.environ.items()) == sorted(os.environb and os.environ.items()), len(os.environ))
        """),
    Program("fork, with exit codes", """
        import os, sys
        for how in ("sys.exit(3)", "os._exit(4)", "1 / 0", "pass", "os.abort()"):
            sys.stdout.flush()
            pid = os.fork()
            if not pid:
                print("child", how, flush=True); exec(how); sys.exit()
            print(os.waitpid(pid, 0)[1])
        """, flags=("-W", "error")),
    Program("subprocesses", "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'import sys; print(sys.argv, sys.path[0]); sys.exit(5)'], capture_output=True, text=True))\nprint(subprocess.getoutput('echo $PPID') == str(__import__('os').getpid()))"),
    *(
        Program(f"multiprocessing by {method}", """
            import multiprocessing, os, sys
            class Own(Exception): pass
            def square(number): return number * number
            def fail(): raise Own("in the child")
            def leave(): sys.exit(6)
            def loud(queue): queue.put([__name__, square.__module__, Own("put"), sys.argv, multiprocessing.current_process().name])
            if __name__ == "__main__":
                context = multiprocessing.get_context(sys.argv[1])
                with context.Pool(1) as pool:
                    print(pool.map(square, [1, 2, 3]))
                    try: pool.apply(fail)
                    except Own as error: print(type(error) is Own, error.__cause__)
                for target in (fail, leave):
                    process = context.Process(target=target); process.start(); process.join(); print(process.exitcode)
                queue = context.SimpleQueue()
                process = context.Process(target=loud, args=(queue,)); process.start(); print(queue.get()); process.join()
            """, ("app.py", method))
        for method in ("fork", "spawn", "forkserver")
    ),
    Program("a pool of processes, for a module", """
        from concurrent.futures import ProcessPoolExecutor
        import multiprocessing
        def square(number): return number * number
        if __name__ == "__main__":
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                print(list(pool.map(square, [1, 2, 3])))
        """, ("-m", "app")),
    Program("classes of __main__, pickled", "import pickle, sys\nclass Own: pass\nprint(type(pickle.loads(pickle.dumps(Own()))) is Own, pickle.dumps(Own()))\nprint(sys.modules['__main__'].Own is Own)"),
    # Input and output.
    Program("what is typed", "import sys\nprint(repr(input('name? ')), sys.stdin.read(3), sys.stdin.fileno(), sys.stdin.isatty())\nprint(repr(sys.stdin.read()))\ninput('more? ')", typed="one\ntwo\nthree"),
    Program("an encoding of output", "import sys\nprint(sys.stdout, ascii('\\xe9'), '\\xe9')", environment={"PYTHONIOENCODING": "latin-1:replace"}),
    Program("output to both", "import sys, logging\nprint('out')\nprint('err', file=sys.stderr)\nlogging.warning('logged')\nlogging.getLogger('a.b').error('named')\nsys.stdout.write('no newline')"),
    Program("a debugger", "x = 17\nbreakpoint()\nprint('after')", typed="p x\nw\nn\nc\n", native=FRAMES_STAY),
    Program("asyncio", "import asyncio\nasync def main():\n    asyncio.get_running_loop().call_soon(print, 'soon')\n    await asyncio.sleep(0)\n    raise ValueError('wrong')\nasyncio.run(main())"),
    # What cannot be run.
    Program("a file that is not there", command=("missing.py",)),
    Program("a directory that holds no __main__", command=("directory",), files={"directory/other.py": ""}),
    Program("a module that is not there", command=("-m", "missing_module")),
    Program("a module of a package that is not there", command=("-m", "missing_package.module")),
    Program("a package that cannot be run", command=("-m", "package"), files={"package/__init__.py": "print('init')"}),
    Program("a compiled file that is none", files={"broken.pyc": "nothing"}, command=("broken.pyc",), native=COMPILED_ANOTHER_WAY),
]  # fmt: skip


def mark(program: Program) -> tuple[pytest.MarkDecorator, ...]:
    return (native_only(program.native),) if program.native else ()


EVERY_PROGRAM = [pytest.param(each, id=each.shows, marks=mark(each)) for each in PROGRAMS]


@pytest.mark.parametrize("program", EVERY_PROGRAM)
def test_same_output_same_errors_same_status(tmp_path: Path, program: Program):
    compare(tmp_path, program, DUMP)


def compare(tmp_path: Path, program: Program, dump: tuple[str, ...]) -> None:
    """Run it with Python, and by this command line of ours: same output, same errors, same status, same files."""
    directories = tmp_path / "python", tmp_path / "dump"
    for directory in directories:
        write(directory, program)
    started = [start(directory, program, prefix) for directory, prefix in zip(directories, ((), dump), strict=True)]
    wanted, got = (end(process, directory, program) for process, directory in zip(started, directories, strict=True))
    if program.differs:
        assert program.differs in got.out + got.err
        got = replace(got, out=got.out.replace(program.differs, ""), err=got.err.replace(program.differs, ""))
    assert (got.out, got.err, got.status) == (wanted.out, wanted.err, wanted.status)
    assert left(got.directory) == left(wanted.directory)


def write(directory: Path, program: Program) -> None:
    directory.mkdir()
    script(directory, program.source)
    for name, source in program.files.items():
        container, _, member = name.partition("/")
        if container.endswith(".zip"):
            with zipfile.ZipFile(directory / container, "w") as archive:
                archive.writestr(member, source)
        else:
            (directory / name).parent.mkdir(exist_ok=True)
            script(directory, source, name)
    if program.command[0] == "app.pyc":
        assert python("-m", "compileall", "-q", "-b", "app.py", cwd=directory).status == 0


def start(directory: Path, program: Program, prefix: tuple[str, ...]) -> subprocess.Popen[str]:
    words = [word.replace("{here}", directory.name) for word in program.command]
    return subprocess.Popen(
        [sys.executable, *program.flags, *prefix, *words],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHON_COLORS": "0"} | program.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
    )


def end(process: subprocess.Popen[str], directory: Path, program: Program) -> Outcome:
    out, err = process.communicate(program.typed, timeout=120)
    return Outcome(process.returncode, comparable(out, directory), comparable(err, directory), directory)


def comparable(text: str, directory: Path) -> str:
    """Without what differs between any two runs, nor the frames of C that a crash shows from 3.14 on: those are ours too."""
    text = re.sub(r" +(Binary file .*|<truncated.*>)\n", "", text)
    return re.sub(
        "0x[0-9a-f]+", "0x…", text.replace(str(directory), "<here>").replace(f"/{directory.name}/", "/<here>/")
    )


def left(directory: Path) -> list[str]:
    """The files in a directory, apart from snapshots."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.suffix != ".pkl")


def at_a_terminal(directory: Path, source: str, typed: bytes, *prefix: str) -> tuple[str, int]:
    """Run it with a terminal for all three; what stood there, and the status."""
    script(directory, source)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(directory)
        os.environ |= {"PYTHONPATH": str(ROOT), "PYTHON_COLORS": "0", "TERM": "dumb"}
        os.execv(sys.executable, [sys.executable, *prefix, "app.py"])
    shown = b""
    try:
        while b"? " not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, typed)
        while True:
            shown += os.read(terminal, 1000)
    except OSError:  # it is gone
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(terminal)


@pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")  # whatever threads run the tests
@pytest.mark.parametrize("typed", [b"me\n", b"\x04"], ids=["a line", "end of file"])
def test_at_a_terminal(tmp_path: Path, typed: bytes):
    source = """
        import os, sys, termios
        print(sys.stdin.isatty(), os.ttyname(0) == os.ttyname(2), os.tcgetpgrp(0) == os.getpid(), termios.tcgetattr(0)[3])
        print(repr(input("name? ")))
        """
    wanted = at_a_terminal(tmp_path, source, typed)
    assert at_a_terminal(tmp_path, source, typed, *DUMP) == wanted
    assert "True True True" in wanted[0]


def test_what_is_loaded_more_is_of_the_standard_library_or_ours(tmp_path: Path):
    script(tmp_path, "import sys; print(*sys.modules)")
    wanted, got = python("app.py", cwd=tmp_path), python(*DUMP, "app.py", cwd=tmp_path)
    more = {name.partition(".")[0] for name in set(got.out.split()) - set(wanted.out.split())}
    assert more <= {*sys.stdlib_module_names, "pyhandles"}
    assert set(got.out.split()) >= set(wanted.out.split())


@native_only(FRAMES_STAY)
def test_a_snapshot_has_the_programs_frames_alone(tmp_path: Path):
    source = "import pyhandles\ndef f(): pyhandles.capture('it.pkl')\nf()"
    outcome = python("-m", "pyhandles.dump", "--on", "emfile", "--", "-c", source, cwd=tmp_path)
    snapshot = outcome.plain()
    codes = {row["object"]: snapshot.text(row["name"]) for row in snapshot.rows("codes")}
    assert [codes[row["code"]] for row in snapshot.rows("frames")][-2:] == ["f", "<module>"]
    assert "main" not in [codes[row["code"]] for row in snapshot.rows("frames")]


def test_a_profiler_that_called_us_goes_on_after_the_program(tmp_path: Path):
    script(tmp_path, "print('ran')")
    outcome = python("-m", "cProfile", "-m", "pyhandles.dump", "--quiet", "--", "app.py", cwd=tmp_path)
    assert outcome.out.startswith("ran\n")
    assert "function calls" in outcome.out


RUNNER = """
import sys, importlib.util
sys.argv = ["dump", "--quiet", "--", "app.py"]
sys.path.insert(0, "")
module = importlib.util.module_from_spec(importlib.util.find_spec("pyhandles.dump.__main__"))
module.__name__ = "__main__"
exec(module.__spec__.loader.get_code(module.__spec__.name), vars(module))
print("went on")
"""


def test_a_runner_that_does_without_runpy_may_call_us_too(tmp_path: Path):
    script(tmp_path, "print('ran')")
    outcome = python(script(tmp_path, RUNNER, "runner.py"), cwd=tmp_path)
    assert (outcome.status, outcome.out, outcome.err) == (0, "ran\nwent on\n", "")
