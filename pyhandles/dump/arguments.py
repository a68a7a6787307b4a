"""What ``python -m pyhandles.dump`` is told: its own options, then the program's command line untouched."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from pyhandles.dump.recording import DEEPEST, LONGEST_DELAY_MS, POLICIES
from pyhandles.dump.spelling import did_you_mean

if TYPE_CHECKING:
    from pyhandles.dump.installation import Keys
    from pyhandles.dump.recording import Misuse

USAGE = """python -m pyhandles.dump [-o PATH] [--on TRIGGER[,TRIGGER…]] [--limit N]
           [--record[=DEPTH]] [--misuse report|raise|off] [--widen CALL@SITE=MS]
           [--no-fork] [--keys all|names|none] [--redact] [--quiet]
           -- (FILE | -m MODULE | -c CODE) [ARG…]"""


class Delay(NamedTuple):
    """``--widen close@pool.py:reconnect=5``."""

    call: str
    site: str
    milliseconds: float


class Arguments(NamedTuple):
    """``program`` starts with FILE, ``-m`` or ``-c``; ``limit`` is a number of descriptors. dataclasses load slowly."""

    path: str | None
    on: tuple[str, ...]
    limit: int | None
    fork: bool
    keys: Keys
    redact: bool
    quiet: bool
    record: bool | int
    misuse: Misuse
    widen: list[Delay]
    program: list[str]


def parse(arguments: list[str]) -> Arguments:
    """Read the command line. A mistake in it is one line on stderr and exit status 2."""
    own, program = _split(arguments)
    parser = _parser()
    options, unknown = parser.parse_known_args(own)
    if unknown:
        _refuse(parser, unknown[0])
    if not program:
        parser.error("which program? Put it after --, as in: python -m pyhandles.dump -- app.py")
    if options.record is False and (options.misuse != "report" or options.widen):
        parser.error(f"{'--widen' if options.widen else '--misuse'} is for what is recorded (add --record)")
    if program[0] in {"-m", "-c"} and len(program) == 1:
        parser.error(f"{program[0]} needs a {'MODULE' if program[0] == '-m' else 'CODE'} after it")
    return Arguments(
        path=options.o,
        on=tuple(options.on.split(",")),
        limit=options.limit,
        fork=options.fork,
        keys=options.keys,
        redact=options.redact,
        quiet=options.quiet,
        record=options.record,
        misuse=options.misuse,
        widen=options.widen,
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


def _refuse(parser: _Parser, word: str) -> NoReturn:
    option = word.partition("=")[0]
    meant = did_you_mean(option, _OPTIONS)
    parser.error(f"there is no option {option} ({meant or 'python -m pyhandles.dump --help lists them'})")


_TAKE_A_VALUE = ("-o", "--on", "--limit", "--keys", "--misuse", "--widen")
_OPTIONS = (*_TAKE_A_VALUE, "--record", "--no-fork", "--redact", "--quiet", "--help")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"pyhandles: {message}\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m pyhandles.dump",
        usage=USAGE,
        description="Runs a program, and writes a snapshot when it runs out of descriptors, or when it exits.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "-o",
        metavar="PATH",
        help="where the snapshot goes, a file or a directory (default: {name}-{pid}-{trigger}.pkl in the directory of "
        "the start); without placeholders, it is used as it is for the first",
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
    parser.add_argument(
        "--record",
        metavar="DEPTH",
        nargs="?",
        type=_depth,
        const=True,
        default=False,
        help="keep what happens to each descriptor, with so many frames of the stack each time (default: 16)",
    )
    parser.add_argument(
        "--misuse",
        choices=POLICIES,
        default="report",
        help="with --record, where a descriptor is closed twice or used after its close: report it (default), raise an "
        "error there, or do nothing",
    )
    parser.add_argument(
        "--widen",
        metavar="CALL@SITE=MS",
        type=_delay,
        action="append",
        default=[],
        help="with --record, delay such calls at a site by milliseconds, to lose a race: close@pool.py:reconnect=5",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing on stderr about what was written")
    return parser


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of descriptors (for example: --limit 64)")
    return number


def _depth(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= DEEPEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of frames from 1 to {DEEPEST} (for example: --record=8)"
        )
    return number


def _delay(text: str) -> Delay:
    where, _, after = text.rpartition("=")
    call, _, site = where.partition("@")
    try:
        milliseconds = float(after)
    except ValueError:
        milliseconds = -1
    if not call or not site or not 0 <= milliseconds <= LONGEST_DELAY_MS:
        raise argparse.ArgumentTypeError(f"{text!r} is no CALL@SITE=MS (for example: close@pool.py:reconnect=5)")
    return Delay(call, site, milliseconds)
