"""What ``python -m pyhandles.dump`` is told: its own options, then the program's command line untouched."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pyhandles.dump.installation import Keys

USAGE = """python -m pyhandles.dump [-o PATH] [--on TRIGGER[,TRIGGER…]] [--limit N]
           [--no-fork] [--keys all|names|none] [--redact] [--quiet]
           -- (FILE | -m MODULE | -c CODE) [ARG…]"""


@dataclass(frozen=True, slots=True)
class Arguments:
    """``program`` starts with FILE, ``-m`` or ``-c``; ``limit`` is a number of descriptors."""

    path: str | None
    on: tuple[str, ...]
    limit: int | None
    fork: bool
    keys: Keys
    redact: bool
    quiet: bool
    program: list[str]


def parse(arguments: list[str]) -> Arguments:
    """Read the command line. A mistake in it is one line on stderr and exit status 2."""
    own, program = _split(arguments)
    options = _parser().parse_args(own)
    if not program:
        _Parser().error("which program? Put it after --, as in: python -m pyhandles.dump -- app.py")
    if program[0] in {"-m", "-c"} and len(program) == 1:
        _Parser().error(f"{program[0]} needs a {'MODULE' if program[0] == '-m' else 'CODE'} after it")
    return Arguments(
        path=options.o,
        on=tuple(options.on.split(",")),
        limit=options.limit,
        fork=options.fork,
        keys=options.keys,
        redact=options.redact,
        quiet=options.quiet,
        program=program,
    )


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Part the own options from the program: at the first ``--``, or where a program evidently begins."""
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        if argument == "--":
            return arguments[:position], arguments[position + 1 :]
        if argument in {"-m", "-c"} or not argument.startswith("-"):
            break
        position += 2 if argument in _TAKE_A_VALUE else 1
    return arguments[:position], arguments[position:]


_TAKE_A_VALUE = {"-o", "--on", "--limit", "--keys"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"pyhandles: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m pyhandles.dump",
        usage=USAGE,
        description="Runs a program, and writes a snapshot when it runs out of descriptors, or when it exits.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "-o",
        metavar="PATH",
        help="where the snapshot goes (default: {name}-{pid}-{trigger}.pkl in the directory of the start); "
        "without placeholders, it is used as it is for the first",
    )
    parser.add_argument(
        "--on",
        metavar="TRIGGER[,TRIGGER…]",
        default="emfile,exit",
        help="when to capture: emfile, exit, exception, signal:USR1, threshold:900, threshold:80%%, errno:EBADF "
        "(default: emfile,exit)",
    )
    parser.add_argument("--limit", metavar="N", type=_count, help="run the program with at most N descriptors")
    parser.add_argument(
        "--no-fork",
        dest="fork",
        action="store_false",
        help="capture in the process itself, which stands still for it, and not in a child",
    )
    parser.add_argument(
        "--keys",
        choices=("all", "names", "none"),
        default="names",
        help="which keys of dicts go into the snapshot in the clear (default: those that look like names)",
    )
    parser.add_argument(
        "--redact",
        action="store_true",
        help="leave out keys, arguments and messages of exceptions; hash names of files outside code, and hosts",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing on stderr about what was written")
    return parser


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of descriptors")
    return number
