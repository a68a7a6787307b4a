"""The program that a command line names, and an interpreter that looks as if it had been started for it."""

from __future__ import annotations

import os
import sys
from importlib.machinery import BuiltinImporter
from typing import NamedTuple


class Program(NamedTuple):
    """Of ``file``, ``module`` and ``code``, one is not None."""

    name: str
    """What its snapshots are called after."""

    argv: list[str]
    """``sys.argv``, as it is before the program runs."""

    file: str | None = None
    """Source, compiled, a directory or a zip archive. Absolute, as ``__file__`` will be."""

    module: str | None = None
    code: str | None = None

    def is_there(self) -> bool:
        """May there be anything to run? The interpreter says it better where not."""
        return self.file is None or os.access(self.file, os.R_OK)


def named(words: list[str]) -> Program:
    """The program that a command line names: FILE, ``-m MODULE`` or ``-c CODE``, with its arguments."""
    if words[0] == "-m":
        return Program(words[1], ["-m", *words[2:]], module=words[1])
    if words[0] == "-c":
        return Program("python", ["-c", *words[2:]], code=words[1])
    name, _ = os.path.splitext(os.path.basename(os.path.abspath(words[0])))
    file = words[0] if os.path.isabs(words[0]) else os.path.join(os.getcwd(), words[0])
    return Program(name, words, file=file)


def settle(program: Program) -> None:
    """Put the program's command line and a fresh ``__main__`` in place of ours; its import path it brings itself."""
    sys.argv[:] = program.argv
    main = type(sys)("__main__")
    main.__dict__["__loader__"] = BuiltinImporter
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    _leave_names_to("." if program.file is None else _directory(program.file))


def _directory(file: str) -> str:
    return file if os.path.isdir(file) else os.path.dirname(os.path.realpath(file))


def _leave_names_to(directory: str) -> None:
    """Forget modules of the standard library that were loaded for us, if the program has its own under their names."""
    try:
        present = {name.removesuffix(".py") for name in os.listdir(directory)}
    except OSError:
        return
    loaded = list(sys.modules)
    # What stands before it, the interpreter loads for every program. A runner that has called us may do without it.
    for name in loaded[loaded.index("runpy") :] if "runpy" in loaded else []:
        if name in present and name != "pyhandles" and _is_module(os.path.join(directory, name)):
            del sys.modules[name]


def _is_module(path: str) -> bool:
    return os.path.isfile(f"{path}.py") or os.path.isfile(os.path.join(path, "__init__.py"))
