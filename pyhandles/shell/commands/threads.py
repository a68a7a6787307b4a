"""Commands that show what was going on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.tasks import tasks
from pyhandles.findings.threads import threads
from pyhandles.shell.commands.paging import COMFORTABLE_ROWS, part, take_page

if TYPE_CHECKING:
    from argparse import Namespace

    from pyhandles.findings.pages import Page
    from pyhandles.findings.tasks import Task
    from pyhandles.findings.threads import Threads as Answer
    from pyhandles.shell.commands.command import ArgumentParser
    from pyhandles.shell.session import Session


class Threads:
    """Show the stack of every thread as a traceback, what it waits for, and the first asyncio tasks.

    The most recent call comes last, as in a traceback; below it stands the call of the kernel's that the thread is in,
    on which descriptor, and for how long. A call goes on with the file that it began with: where that was closed since,
    it is said, whatever has got the number by now. Threads with the same stack in the same call are told once. `tasks`
    shows all tasks, `polls` what is watched in sets.
    """

    name = "threads"

    def arguments(self, parser: ArgumentParser) -> None:
        _take_locals(parser)
        take_page(parser, programs_see_all=True)

    def run(self, session: Session, arguments: Namespace) -> Answer:
        limit = arguments.limit
        if limit is None and session.format == "text":
            limit = COMFORTABLE_ROWS
        return threads(session.snapshot, with_locals=arguments.locals, limit=limit, offset=arguments.offset)


class Tasks:
    """Show each asyncio task that is not done: what it awaits, and what will wake it up.

    The coroutines that await each other stand as in a traceback, the innermost last. Below them stands the future that
    the task waits for and in what it lies: the stream, lock, queue or timer that has it will wake the task up.
    """

    name = "tasks"

    def arguments(self, parser: ArgumentParser) -> None:
        _take_locals(parser)
        take_page(parser)

    def run(self, session: Session, arguments: Namespace) -> Page[Task]:
        return tasks(session.snapshot, with_locals=arguments.locals, **part(arguments))


def _take_locals(parser: ArgumentParser) -> None:
    parser.add_argument("--locals", action="store_true", help="show the local variables of each frame")
