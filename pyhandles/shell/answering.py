"""From a typed line to an answer, and from an answer to what is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.identify import Identification
from pyhandles.render.documents import document, failure
from pyhandles.render.formats import csv_lines, json_line
from pyhandles.render.text import error_lines, text_lines
from pyhandles.shell.parsing import parse

if TYPE_CHECKING:
    from pyhandles.errors import PyhandlesError
    from pyhandles.render.terminal import Terminal
    from pyhandles.shell.session import Format, Session


def ask(session: Session, line: str) -> object | None:
    """Run the line's command and keep the marks of its answer; None for an empty line.

    Raises PyhandlesError, and Leave where the command is to leave.
    """
    parsed = parse(line)
    if parsed is None:
        return None
    answer = parsed.command.run(session, parsed.arguments)
    if isinstance(answer, Identification):
        session.marks = answer.marks
    return answer


def answer_lines(session: Session, line: str, answer: object, terminal: Terminal) -> list[str]:
    """The lines of an answer in the session's format."""
    return formatted(session.format, line, answer, terminal)


def formatted(form: Format, line: str, answer: object, terminal: Terminal) -> list[str]:
    """The lines of an answer in this format."""
    if form == "text":
        return terminal.encode(text_lines(answer, terminal.width))
    found = document(line.strip(), answer)
    return [json_line(found)] if form == "json" else csv_lines(found).split("\n")


def failure_line(session: Session, line: str, error: PyhandlesError) -> str | None:
    """What a failed command says on standard output; None where it says nothing there."""
    return json_line(failure(line.strip(), error)) if session.format == "json" else None


def told_error(error: PyhandlesError, terminal: Terminal) -> list[str]:
    """The lines of what an error says to people."""
    return terminal.encode(error_lines(error, terminal.width))
