"""Questions about the snapshot as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from pyhandles.findings import counts, diff, polls, rooted, source, summary, symbols, tasks, threads
from pyhandles.findings.filters import Filters
from pyhandles.findings.find import find
from pyhandles.findings.retained import largest
from pyhandles.loaded.opened import Opened
from pyhandles.snapshot import Snapshot

if TYPE_CHECKING:
    from pyhandles.findings.counts import Count
    from pyhandles.findings.diff import Diff
    from pyhandles.findings.find import Matches
    from pyhandles.findings.polls import PollSet
    from pyhandles.findings.retained import Large
    from pyhandles.findings.rooted import RootList
    from pyhandles.findings.source import Source
    from pyhandles.findings.summary import Summary
    from pyhandles.findings.symbols import ModuleSymbols, Symbol
    from pyhandles.findings.tasks import Task
    from pyhandles.findings.threads import Threads


class WholeQuestions(Opened):
    """What the process and its heap were like."""

    def summary(self) -> Summary:
        """What was captured, when and why, and how full the descriptor table was.

        >>> snapshot.summary().kinds["socket"]
        47
        """
        return summary.summary(self.model)

    def count(self, *, by: Literal["type", "module"] = "type", size: bool = False) -> list[Count]:
        """How many objects there are of each type, and how large they are together, most objects first.

        by: what to count by: the type, or the module that it comes from. size: most bytes first.

        >>> [each.count for each in snapshot.count() if each.name == "__main__.Connection"]
        [46]
        """
        return list(counts.counts(self.model, by=by, by_size=size).rows)

    def largest(self, *, retained: bool = False) -> list[Large]:
        """All objects, the largest first; ``retained``: by what would be freed with each, garbage left out.

        >>> snapshot.largest()[0].size >= snapshot.largest()[1].size
        True
        """
        return list(largest(self.model, retained=retained).rows)

    def find(
        self,
        *,
        type: str | None = None,  # noqa: A002  # The option is called so.
        subtype_of: str | None = None,
        name: str | None = None,
        module: str | None = None,
        attr: str | None = None,
        refcount: str | int | None = None,
        size: str | int | None = None,
        garbage: bool = False,
        fd: bool = False,
    ) -> Matches:
        """The objects that fit all that is given, in ``page.rows``; with ``size`` the largest first.

        type: of this type, ``"Connection"``, ``"app.*"``. subtype_of: of it or of one derived from it. name:
        functions, classes, modules and code called so. module: what is of it: functions and classes that were defined
        there, objects whose type was. attr: what has an attribute, slot or member called so. refcount, size: a number
        or a bound, ``">1000"``, ``"<1M"``. garbage: what no root reaches. fd: what owns an open descriptor.
        Raises BadFilter, UnknownObject.

        >>> found = snapshot.find(type="Connection", garbage=True)
        >>> found.page.total, found.page.rows[0].object.type
        (6, '__main__.Connection')
        """
        filters = Filters(type, subtype_of, name, module, attr, refcount, size, garbage, fd)
        return find(self.model, filters)

    def roots(self, *, kind: str | None = None, name: str | None = None) -> RootList:
        """Where reachability starts: how many roots of each kind there are, and in ``page.rows`` the roots.

        kind: ``module``, ``frame``, ``interpreter``, ``thread``, ``native`` or ``immortal``; without it, what is
        immortal is only counted. name: only those with this in their name.

        >>> [row.object.text for row in snapshot.roots(kind="module", name="__main__").page.rows]
        ['module __main__']
        """
        return rooted.root_list(self.model, kind=kind, name=name)

    def symbols(self, module: object, *, kind: str | None = None) -> list[Symbol]:
        """The names of a module, in the order in which they were bound, with what they stand for.

        module: its name, or whatever names an object. kind: ``class``, ``function``, ``module`` or ``variable``.
        Raises UnknownObject.

        >>> [each.name for each in snapshot.symbols("__main__", kind="class")]
        ['Connection', 'Pool']
        """
        name = module if isinstance(module, str) else f"#{self._index(module)}"
        return list(symbols.symbols(self.model, name, self._marks, kind=kind).rows)

    def modules(self) -> list[ModuleSymbols]:
        """Every module by name, those that are no longer imported too: `symbols` without a module."""
        return list(symbols.modules(self.model).rows)

    def threads(self, *, locals: bool = False) -> Threads:  # noqa: A002  # The option is called so.
        """The stack of every thread, the most recent call last, and the asyncio tasks. locals: with local variables.

        >>> [frame.function for frame in snapshot.threads().threads.rows[0].frames][0]
        '<module>'
        """
        return threads.threads(self.model, with_locals=locals, task_limit=None)

    def tasks(self, *, locals: bool = False) -> list[Task]:  # noqa: A002  # The option is called so.
        """Every asyncio task that is not done, with what it awaits and what will wake it up.

        locals: with the local variables of the coroutines.

        >>> snapshot.tasks()
        []
        """
        return list(tasks.tasks(self.model, with_locals=locals).rows)

    def polls(self, number: int | None = None) -> list[PollSet]:
        """What epoll sets, and threads in poll and select, watch, and what is wrong with it.

        number: that set alone, or those that watch this number.

        >>> snapshot.polls()
        []
        """
        return list(polls.polls(self.model, number).rows)

    def source(self, x: object, *, context: int = source.CONTEXT) -> Source:
        """The lines around a function, a class, a frame or whatever leads to one, if its file is at hand.

        x: whatever names an object, or a name with dots. context: so many lines before and after.
        Raises UnknownObject, NoSource.

        >>> snapshot.source("__main__.Connection", context=0).lines
        ('class Connection:',)
        """
        name = x if isinstance(x, str) else f"#{self._index(x)}"
        return source.source(self.model, name, self._marks, context=context)

    def diff(self, *others: Opened | Snapshot | str | os.PathLike[str]) -> Diff:
        """What has grown between this snapshot and others, the oldest first: by signature, then by type.

        Files are opened one after the other, and let go of.

        >>> [(each.counts, each.cluster.holder) for each in snapshot.diff("service-1.pkl").clusters]
        [((20, 40), 'Connection.sock'), ((3, 6), 'Connection.sock')]
        """
        return diff.compare([self.model, *(_file_or_model(other) for other in others)])


def _file_or_model(other: Opened | Snapshot | str | os.PathLike[str]) -> Snapshot | str:
    if isinstance(other, Opened):
        return other.model
    return other if isinstance(other, Snapshot) else os.fspath(other)
