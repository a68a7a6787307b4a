"""What was going on: the stacks of all threads, and the tasks of their event loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.alike import Alike, alike_threads, native_threads
from pyhandles.findings.stacks import ThreadStack, thread_stacks
from pyhandles.findings.tasks import Task, tasks
from pyhandles.findings.waits import unseen_waits

if TYPE_CHECKING:
    from pyhandles.findings.pages import Page
    from pyhandles.findings.waits import ThreadWait
    from pyhandles.snapshot import Snapshot

FIRST_TASKS = 10
"""So many are shown beside the threads; `tasks` has them all."""


@dataclass(frozen=True, slots=True)
class Threads:
    """The threads that ran Python, one by one, and ``alike``: those that do the same together.

    native: threads that run no Python, those in the same call together. unseen: what the kernel did not tell of what
    threads wait for, in words; None where it told all.
    """

    threads: Page[ThreadStack]
    alike: Page[Alike]
    native: tuple[tuple[ThreadWait, ...], ...]
    unseen: str | None
    tasks: Page[Task]


def threads(
    snapshot: Snapshot,
    *,
    with_locals: bool = False,
    limit: int | None = None,
    offset: int = 0,
    task_limit: int | None = FIRST_TASKS,
) -> Threads:
    """The threads, and the first tasks. limit, offset: of the threads. task_limit: None for all tasks."""
    return Threads(
        threads=thread_stacks(snapshot, with_locals=with_locals, limit=limit, offset=offset),
        alike=alike_threads(snapshot, with_locals=with_locals, limit=limit, offset=offset),
        native=native_threads(snapshot),
        unseen=unseen_waits(snapshot),
        tasks=tasks(snapshot, with_locals=with_locals, limit=task_limit),
    )
