"""The shell without a person: commands in, answers out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from pyhandles.errors import PyhandlesError
from pyhandles.render.terminal import terminal_of
from pyhandles.shell.answering import answer_lines, ask, failure_line, told_error
from pyhandles.shell.commands.general import Leave

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyhandles.shell.session import Session


def run_commands(session: Session, lines: Iterable[str]) -> int:
    """Run each line and print its answer: 0 if all worked, 1 if one failed; those after it still run.

    A JSON document takes one line; other answers are separated by an empty one.
    """
    status = 0
    before = False
    out, err = terminal_of(sys.stdout), terminal_of(sys.stderr)
    for line in lines:
        try:
            answer = ask(session, line)
            if answer is None:
                continue
            printed = answer_lines(session, line, answer, out)
        except Leave:
            break
        except PyhandlesError as error:
            status = 1
            document = failure_line(session, line, error)
            _write(sys.stderr, told_error(error, err)) if document is None else _write(sys.stdout, [document])
            continue
        if before and session.format != "json":
            printed.insert(0, "")
        _write(sys.stdout, printed)
        before = True
    return status


def _write(stream: TextIO, lines: list[str]) -> None:
    stream.write("\n".join(lines) + "\n")
    stream.flush()
