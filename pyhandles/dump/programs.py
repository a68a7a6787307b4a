"""The three kinds of program that Python runs: a file (or a directory, or a zip archive), a module, a piece of code.

Each does what ``python`` does for it: see "Interface options" in the documentation of the command line.
"""

from __future__ import annotations

import importlib.machinery
import os
import runpy
import sys
import types
from abc import ABC, abstractmethod
from pkgutil import get_importer


class Program(ABC):
    """One program: ``settle`` makes the interpreter look as if it had been started for it, ``run`` runs it."""

    def __init__(self, argv: list[str], path0: str | None) -> None:
        self._argv = argv
        self._path0 = path0

    def settle(self) -> None:
        """Put the program's own arguments, import path and ``__main__`` in the place of ours."""
        sys.argv[:] = self._argv
        if self._path0 is not None and not sys.flags.safe_path:
            sys.path[0] = self._path0
        sys.modules["__main__"] = self._main = types.ModuleType("__main__")
        # What exec() would otherwise add as a dict, the interpreter adds as a module.
        vars(self._main).update(__annotations__={}, __builtins__=sys.modules["builtins"])

    @abstractmethod
    def run(self) -> None:
        """Run it to its end; whatever it raises comes through."""


class File(Program):
    """``python FILE``: source, or compiled."""

    def __init__(self, file: str, arguments: list[str]) -> None:
        super().__init__([file, *arguments], os.path.dirname(os.path.realpath(file)))
        self._file = os.path.join(os.getcwd(), file)

    def run(self) -> None:
        compiled = self._file.endswith(tuple(importlib.machinery.BYTECODE_SUFFIXES))
        kind = importlib.machinery.SourcelessFileLoader if compiled else importlib.machinery.SourceFileLoader
        loader = kind("__main__", self._file)
        vars(self._main).update(__loader__=loader, __file__=self._file, __cached__=None)
        exec(self._code(loader), vars(self._main))

    def _code(self, loader: importlib.machinery.SourceFileLoader | importlib.machinery.SourcelessFileLoader) -> types.CodeType:
        try:
            if isinstance(loader, importlib.machinery.SourcelessFileLoader):
                code = loader.get_code("__main__")
                assert code is not None
                return code
            # Not get_code(), which would leave a file in __pycache__.
            return compile(loader.get_data(self._file), self._file, "exec", dont_inherit=True)
        except OSError as error:
            print(f"{sys.executable}: can't open file {self._file!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
            sys.exit(2)


class Archive(Program):
    """``python DIRECTORY`` or ``python ARCHIVE.zip``: the ``__main__`` that lies in it."""

    def __init__(self, path: str, arguments: list[str]) -> None:
        super().__init__([path, *arguments], os.path.join(os.getcwd(), path))
        self._insert = sys.flags.safe_path

    def run(self) -> None:
        runpy._run_module_as_main("__main__", alter_argv=False)


class Module(Program):
    """``python -m MODULE``."""

    def __init__(self, module: str, arguments: list[str]) -> None:
        super().__init__(["-m", *arguments], os.getcwd())
        self._module = module

    def run(self) -> None:
        runpy._run_module_as_main(self._module)


class Code(Program):
    """``python -c CODE``."""

    def __init__(self, source: str, arguments: list[str]) -> None:
        super().__init__(["-c", *arguments], "")
        self._source = source

    def run(self) -> None:
        vars(self._main).update(__loader__=importlib.machinery.BuiltinImporter)
        if sys.version_info >= (3, 13):
            self._show_source_in_tracebacks()
        exec(compile(self._source, "<string>", "exec", dont_inherit=True), vars(self._main))

    def _show_source_in_tracebacks(self) -> None:
        import linecache

        lines = self._source.splitlines(keepends=True)
        linecache.cache["<string>"] = (len(self._source), None, lines, "<string>")


def named(words: list[str]) -> Program:
    """The program that a command line names: FILE, ``-m MODULE`` or ``-c CODE``, with its arguments."""
    if words[0] == "-m":
        return Module(words[1], words[2:])
    if words[0] == "-c":
        return Code(words[1], words[2:])
    file, arguments = words[0], words[1:]
    return Archive(file, arguments) if _holds_modules(file) else File(file, arguments)


def _holds_modules(path: str) -> bool:
    return os.path.isdir(path) or get_importer(path) is not None
