"""Threads that do the same: a hundred workers that wait in the same line for the same are told once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pyhandles.findings.pages import Page, page
from pyhandles.findings.stacks import Stacks, ThreadStack
from pyhandles.findings.waits import thread_waits, wait_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from pyhandles.findings.waits import ThreadWait
    from pyhandles.snapshot import Snapshot

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Alike:
    """Threads with the same stack in the same call. thread: the first. names, waits: of all, in the same order."""

    thread: ThreadStack
    names: tuple[str, ...]
    waits: tuple[ThreadWait, ...]


def alike_threads(
    snapshot: Snapshot, *, with_locals: bool = False, limit: int | None = None, offset: int = 0
) -> Page[Alike]:
    """The threads of `Stacks`, those alike where the first of them stands. Of those with locals each is alone."""
    stacks = snapshot.derive(Stacks)
    groups = _grouped((row if with_locals else _key(snapshot, row), row) for row in stacks.rows)

    def make(rows: list[int]) -> Alike:
        threads = [snapshot.threads[row] for row in rows]
        waits = (wait_of(snapshot, thread.native) for thread in threads)
        return Alike(
            stacks.stack(rows[0], with_locals=with_locals),
            tuple(thread.name or str(thread.ident) for thread in threads),
            tuple(filter(None, waits)),
        )

    return page(groups, make, limit=limit, offset=offset)


def native_threads(snapshot: Snapshot) -> tuple[tuple[ThreadWait, ...], ...]:
    """Those of the process that run no Python, in groups of those in the same call."""
    python = {thread.native for thread in snapshot.threads}
    others = (wait for wait in thread_waits(snapshot) if wait.native not in python)
    return tuple(map(tuple, _grouped((_doing(wait), wait) for wait in others)))


def _key(snapshot: Snapshot, row: int) -> Hashable:
    thread = snapshot.threads[row]
    if thread.flags:
        return row
    lines = tuple((frame.code, frame.line) for frame in snapshot.derive(Stacks).frames(row))
    return lines, _doing(wait_of(snapshot, thread.native))


def _doing(wait: ThreadWait | None) -> Hashable:
    return wait and (wait.state, wait.call, wait.reaches, wait.is_on_closed)


def _grouped(pairs: Iterable[tuple[Hashable, Item]]) -> list[list[Item]]:
    groups: dict[Hashable, list[Item]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return list(groups.values())
