"""The command line. Each subcommand imports its half when it runs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from pyhandles import __version__
from pyhandles.errors import PyhandlesError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, this process's own if none is given, and return the exit status."""
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # What a stream cannot encode, or is no text at all, must not end in a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except PyhandlesError as error:
        _tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read the answer has enough of it. Python must not meet the closed pipe again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
    shell.add_argument(
        "--format", choices=("text", "json", "csv"), default="text", help="of the answers; text if not given"
    )
    shell.set_defaults(run=_shell)

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


def _shell(arguments: argparse.Namespace) -> int:
    from pyhandles.shell.main import run_shell  # noqa: PLC0415 - numpy and its kin

    return run_shell(arguments.snapshot, arguments.commands, arguments.format)


def _demo(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - it takes none
    from pyhandles.demo import main as run_demo  # noqa: PLC0415 - it starts processes

    return run_demo([])


def _check(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - it takes none
    from pyhandles.dump.check import main as run_check  # noqa: PLC0415 - the other half

    return run_check()


def _tell(error: PyhandlesError) -> None:
    from pyhandles.render.terminal import terminal_of  # noqa: PLC0415 - rich is for when there is something to say
    from pyhandles.render.text import error_text  # noqa: PLC0415

    for line in terminal_of(sys.stderr).encode([error_text(error)]):
        sys.stderr.write(f"{line}\n")
