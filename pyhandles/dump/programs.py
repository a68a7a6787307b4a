"""The kinds of program that Python runs: a file, a directory or zip archive, a module, a piece of code.

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

    name: str
    """What its snapshots are called after."""

    argv: list[str]
    path0: str
    """What stands first on its import path."""

    def settle(self) -> None:
        """Put the program's own arguments, import path and ``__main__`` in the place of ours."""
        sys.argv[:] = self.argv
        if not sys.flags.safe_path:
            sys.path[0] = self.path0
        # What exec() would otherwise add as a dict, the interpreter adds as a module.
        self.main = types.ModuleType("__main__")
        self.main.__dict__.update(__annotations__={}, __builtins__=sys.modules["builtins"])
        sys.modules["__main__"] = self.main

    @abstractmethod
    def run(self) -> None:
        """Run it to its end; whatever it raises comes through."""


class File(Program):
    """``python FILE``: source, or compiled."""

    def __init__(self, file: str, arguments: list[str]) -> None:
        self.argv = [file, *arguments]
        self.path0 = os.path.dirname(os.path.realpath(file))
        self.name = _stem(file)
        self._file = os.path.join(os.getcwd(), file)

    def settle(self) -> None:
        """As above, and read the file, as long as there are descriptors to read it with."""
        super().settle()
        compiled = self._file.endswith(tuple(importlib.machinery.BYTECODE_SUFFIXES))
        kind = importlib.machinery.SourcelessFileLoader if compiled else importlib.machinery.SourceFileLoader
        self._loader = kind("__main__", self._file)
        self.main.__dict__.update(__loader__=self._loader, __file__=self._file)
        if sys.version_info < (3, 15):
            self.main.__dict__["__cached__"] = None
        try:
            self._content = self._loader.get_data(self._file)
        except OSError as error:
            reason = f"[Errno {error.errno}] {error.strerror}"
            print(f"{sys.executable}: can't open file {self._file!r}: {reason}", file=sys.stderr)  # noqa: T201 - as python does
            sys.exit(2)

    def run(self) -> None:
        exec(self._code(), self.main.__dict__)  # noqa: S102 - it is what this is for

    def _code(self) -> types.CodeType:
        if isinstance(self._loader, importlib.machinery.SourceFileLoader):
            # Not its get_code(), which leaves a file in __pycache__.
            return compile(self._content, self._file, "exec", dont_inherit=True)
        code = self._loader.get_code("__main__")
        if code is None:
            raise ImportError(f"{self._file} holds no code")
        return code


class Archive(Program):
    """``python DIRECTORY`` or ``python ARCHIVE.zip``: the ``__main__`` that lies in it."""

    def __init__(self, path: str, arguments: list[str]) -> None:
        self.argv = [path, *arguments]
        self.path0 = os.path.join(os.getcwd(), path)
        self.name = _stem(path)

    def settle(self) -> None:
        """As above; and its path is an import path even where the directory of a program would be none."""
        super().settle()
        if sys.flags.safe_path:
            sys.path.insert(0, self.path0)

    def run(self) -> None:
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]  # noqa: SLF001 - what python itself calls


class Module(Program):
    """``python -m MODULE``."""

    def __init__(self, module: str, arguments: list[str]) -> None:
        self.argv = ["-m", *arguments]
        self.path0 = os.getcwd()
        self.name = module

    def run(self) -> None:
        runpy._run_module_as_main(self.name)  # type: ignore[attr-defined]  # noqa: SLF001 - what python itself calls


class Code(Program):
    """``python -c CODE``."""

    name = "python"

    def __init__(self, source: str, arguments: list[str]) -> None:
        self.argv = ["-c", *arguments]
        self.path0 = ""
        self._source = source

    def run(self) -> None:
        self.main.__dict__.update(__loader__=importlib.machinery.BuiltinImporter)
        if sys.version_info >= (3, 13):
            self._show_source_in_tracebacks()
        exec(compile(self._source, "<string>", "exec", dont_inherit=True), self.main.__dict__)  # noqa: S102 - as above

    def _show_source_in_tracebacks(self) -> None:
        import linecache  # noqa: PLC0415 - for this kind of program alone

        lines = self._source.splitlines(keepends=True)
        linecache.cache["<string>"] = (len(self._source), None, lines, "<string>")


def named(words: list[str]) -> Program:
    """The program that a command line names: FILE, ``-m MODULE`` or ``-c CODE``, with its arguments."""
    if words[0] == "-m":
        return Module(words[1], words[2:])
    if words[0] == "-c":
        return Code(words[1], words[2:])
    file, arguments = words[0], words[1:]
    # A directory or an archive is what has an importer.
    return File(file, arguments) if get_importer(file) is None else Archive(file, arguments)


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(os.path.abspath(path)))[0]
