"""The shell at a terminal."""

from __future__ import annotations

import shutil
import sys
import traceback
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.formatted_text import FormattedText

from pyhandles.errors import PyhandlesError
from pyhandles.findings.summary import summary
from pyhandles.render.documents import document
from pyhandles.render.terminal import terminal_of
from pyhandles.shell.answering import answer_lines, ask, told_error
from pyhandles.shell.commands.general import Leave
from pyhandles.shell.completion import ShellCompleter
from pyhandles.shell.history import open_history
from pyhandles.shell.mentions import mentions
from pyhandles.shell.pager import show
from pyhandles.shell.toolbar import toolbar

if TYPE_CHECKING:
    from pyhandles.shell.session import Session

PROMPT = "pyhandles> "


def interact(session: Session) -> int:
    """Show the summary, then answer line after line, until the user leaves."""
    overview = summary(session.snapshot)

    def bottom() -> FormattedText:
        app = get_app()
        return FormattedText(
            [("", toolbar(session.name, overview, app.current_buffer.text, app.output.get_size().columns))]
        )

    prompt: PromptSession[str] = PromptSession(
        PROMPT,
        history=open_history(),
        completer=ShellCompleter(session),
        complete_while_typing=False,
        bottom_toolbar=bottom,
    )
    line = "summary"
    while True:
        try:
            answer_line(session, line)
        except Leave:
            return 0
        except KeyboardInterrupt:
            sys.stderr.write("cancelled\n")
        try:
            line = prompt.prompt()
        except KeyboardInterrupt:
            line = ""
        except EOFError:
            return 0


def answer_line(session: Session, line: str) -> None:
    """Answer one line on the terminal; a failure is told and the session goes on."""
    try:
        answer = ask(session, line)
        if answer is None:
            return
        lines = answer_lines(session, line, answer, terminal_of(sys.stdout))
        session.mentions = mentions(document(line, answer))
    except PyhandlesError as error:
        sys.stderr.write("\n".join(told_error(error, terminal_of(sys.stderr))) + "\n")
    except Leave:
        raise
    except Exception:  # noqa: BLE001 - a mistake of ours in one answer must not cost the user the session
        traceback.print_exc()
    else:
        show(lines, shutil.get_terminal_size().lines)
