"""The command line. Each subcommand imports its half when it runs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pyhandles import __version__
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, this process's own if none is given, and return the exit status."""
    _prepare_streams()
    try:
        arguments = _parser().parse_args(argv)
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except PyhandlesError as error:
        _tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read the answer has enough of it.
        _write_no_more()
        return 128 + signal.SIGPIPE
    except OSError as error:
        if error.filename is not None:
            raise
        _write_no_more()
        hint = "Look at where standard output goes."
        _tell(PyhandlesError(f"the answer could not be written: {error.strerror}", hint))
        return 1
    return status


def _prepare_streams() -> None:
    """What a stream cannot encode, is no text at all, or goes nowhere must not end in a traceback."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _write_no_more() -> None:
    """Python must not meet at its exit what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """Says in one line what it does not take, as all else here does."""

    def error(self, message: str) -> NoReturn:
        raise PyhandlesError(message, f"`{self.prog} --help` says what there is.", exit_code=2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="pyhandles",
        description="Says which Python object holds each open descriptor, and why nothing closed it.",
        epilog="Snapshots come from `python -m pyhandles.dump -- app.py`, or from `pyhandles.install()` in a service.",
    )
    parser.add_argument("--version", action="version", version=f"pyhandles {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    shell = commands.add_parser("shell", help="explore a snapshot", description="Explore a snapshot.")
    shell.add_argument("snapshot", metavar="SNAPSHOT", help="the file to open")
    shell.add_argument(
        "-c",
        dest="commands",
        metavar="COMMAND",
        action="append",
        default=[],
        help="answer COMMAND and exit; may be given more than once. `-c help` lists what there is",
    )
    _take_format(shell)
    shell.set_defaults(run=_shell)

    diff = commands.add_parser(
        "diff",
        help="say what has grown between snapshots",
        description="Says what has grown from the oldest snapshot to the newest: which causes of open handles, then "
        "which types of objects. Of three or more, what has grown every time comes first.",
        usage="pyhandles diff [-h] [--format {text,json,csv}] SNAPSHOT SNAPSHOT…",
    )
    diff.add_argument("first", metavar="SNAPSHOT", help="the files to compare, in any order")
    diff.add_argument("others", metavar="SNAPSHOT", nargs="+", help=argparse.SUPPRESS)
    _take_format(diff)
    diff.set_defaults(run=_diff)

    demo = commands.add_parser(
        "demo",
        help="run a leaking program, capture it, look into it",
        description="Runs a small leaking program under a limit of 64 descriptors until it dies, captures it, "
        "and shows what pyhandles says of it.",
    )
    demo.set_defaults(run=_demo)

    check = commands.add_parser(
        "check",
        help="prove that a capture works here",
        description="Proves, on this machine and in this directory, that a capture would work: the collector, the "
        "directory, the limits, and a trial snapshot, which is removed again.",
    )
    check.set_defaults(run=_check)
    return parser


def _take_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=("text", "json", "csv"), default="text", help="of the answers; text if not given"
    )


def _shell(arguments: argparse.Namespace) -> int:
    from pyhandles.shell.main import run_shell  # noqa: PLC0415 - numpy and its kin

    return run_shell(arguments.snapshot, arguments.commands, arguments.format)


def _diff(arguments: argparse.Namespace) -> int:
    from pyhandles.shell.main import run_diff  # noqa: PLC0415 - numpy and its kin

    return run_diff([arguments.first, *arguments.others], arguments.format)


def _demo(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - it takes none
    from pyhandles.demo import main as run_demo  # noqa: PLC0415 - it starts processes

    return run_demo([])


def _check(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - it takes none
    from pyhandles.dump.check import main as run_check  # noqa: PLC0415 - the other half

    return run_check()


def _tell(error: PyhandlesError) -> None:
    from pyhandles.render.terminal import terminal_of  # noqa: PLC0415 - rich is for when there is something to say
    from pyhandles.render.text import error_lines  # noqa: PLC0415

    terminal = terminal_of(sys.stderr)
    for line in terminal.encode(error_lines(error, terminal.width)):
        sys.stderr.write(f"{line}\n")
