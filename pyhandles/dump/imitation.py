"""Does in Python what the interpreter does to run a program: for where it cannot be had to do it itself.

See "Interface options" in the documentation of the command line. The program's exceptions travel on through the
interpreter, so that its exit status, ``-i`` and a Ctrl-C end as they would without us, and a traceback begins with the
program's own frame.
"""

from __future__ import annotations

import importlib.machinery
import os
import runpy
import sys
from pkgutil import get_importer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import types

    from pyhandles.dump.programs import Program


def run(program: Program) -> None:
    """Run it to its end; whatever it raises comes through."""
    try:
        if program.module is not None:
            _run_module(program.module)
        elif program.code is not None:
            _run_code(program.code)
        elif program.file is not None:
            # A directory or an archive is what has an importer.
            (_run_file if get_importer(program.file) is None else _run_archive)(program.file)
    except SystemExit:
        raise
    except BaseException as error:
        _hide_own_frames(error)
        raise


def _run_module(module: str) -> None:
    _put_on_import_path(os.getcwd())
    runpy._run_module_as_main(module)  # type: ignore[attr-defined]  # noqa: SLF001 - what the interpreter calls


def _run_archive(path: str) -> None:
    # Where the directory of a program would be none, its path is an import path still.
    sys.path.insert(0, path)
    runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]  # noqa: SLF001 - as above


def _run_code(source: str) -> None:
    _put_on_import_path("")
    if sys.version_info >= (3, 14):
        from textwrap import dedent  # noqa: PLC0415 - for this kind of program alone

        source = dedent(source)
    if sys.version_info >= (3, 13):
        _show_source_in_tracebacks(source)
    exec(compile(source, "<string>", "exec", dont_inherit=True), _main())  # noqa: S102 - it is what this is for


def _show_source_in_tracebacks(source: str) -> None:
    import linecache  # noqa: PLC0415 - for this kind of program alone

    linecache.cache["<string>"] = (len(source), None, source.splitlines(keepends=True), "<string>")


def _run_file(file: str) -> None:
    _put_on_import_path(os.path.dirname(os.path.realpath(file)))
    compiled = file.endswith(tuple(importlib.machinery.BYTECODE_SUFFIXES))
    kind = importlib.machinery.SourcelessFileLoader if compiled else importlib.machinery.SourceFileLoader
    loader = kind("__main__", file)
    main = _main()
    main.update(__loader__=loader, __file__=file)
    if sys.version_info < (3, 15):
        main["__cached__"] = None
    try:
        content = loader.get_data(file)
    except OSError as error:
        reason = f"[Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: can't open file {file!r}: {reason}", file=sys.stderr)  # noqa: T201 - as the interpreter does
        sys.exit(2)
    # Not a source loader's get_code(), which leaves a file in __pycache__.
    code = loader.get_code("__main__") if compiled else compile(content, file, "exec", dont_inherit=True)
    if code is None:
        raise ImportError(f"{file} holds no code")
    exec(code, main)  # noqa: S102 - as above


def _put_on_import_path(directory: str) -> None:
    if not sys.flags.safe_path:
        sys.path.insert(0, directory)


def _main() -> dict[str, object]:
    return sys.modules["__main__"].__dict__


def _hide_own_frames(error: BaseException) -> None:
    """Have the interpreter show the exception, which is on its way there, as if the program alone had been running."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__package__") == __package__:
        trace = trace.tb_next
    hook = sys.excepthook

    def show(kind: type[BaseException], value: BaseException, _: types.TracebackType | None) -> None:
        sys.excepthook = hook
        sys.last_traceback = trace
        hook(kind, value.with_traceback(trace), trace)

    sys.excepthook = show
