"""`pyhandles shell` opens a snapshot and answers, at a terminal or not; `pyhandles diff` has one answer."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyhandles.findings.diff import compare
from pyhandles.render.terminal import terminal_of
from pyhandles.shell.answering import formatted
from pyhandles.shell.batch import run_commands
from pyhandles.shell.session import Format, Session
from pyhandles.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_shell(path: str, commands: Sequence[str], form: Format) -> int:
    """Answer the commands; without any, those of standard input, or a person's where it is a terminal.

    Returns the exit status. Raises SnapshotError where the file cannot be opened as a snapshot.
    """
    session = Session(Snapshot.open(path), Path(path).name, form)
    if commands:
        return run_commands(session, commands)
    if sys.stdin is None:  # closed by whoever started this process
        return 0
    if sys.stdin.isatty() and sys.stdout.isatty():
        from pyhandles.shell.app import interact  # noqa: PLC0415 - prompt_toolkit is for people; programs need not wait for it

        return interact(session)
    return run_commands(session, sys.stdin)


def run_diff(paths: Sequence[str], form: Format) -> int:
    """Compare two snapshots or more.

    Returns the exit status. Raises SnapshotError where a file cannot be opened as a snapshot.
    """
    lines = formatted(form, shlex.join(["diff", *paths]), compare(paths), terminal_of(sys.stdout))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
