"""What on the way to an owner a user would recognise: his objects and variables, not what libraries put in between."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from pyhandles.findings.standard import StandardLibrary
from pyhandles.graph.folding import Folding
from pyhandles.inspectors.families import WATCHERS
from pyhandles.inspectors.subprocesses import LIBRARY as POPEN
from pyhandles.inspectors.wrappers import Wrappers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

CONTAINERS = frozenset(
    {
        "_thread._local",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "dict",
        "frozenset",
        "functools._lru_cache_wrapper",
        "functools.partial",
        "list",
        "method",
        "queue.LifoQueue",
        "queue.PriorityQueue",
        "queue.Queue",
        "set",
        "tuple",
    }
)
"""They say where something lies but not whose it is: ``Pool.idle[3]``, not ``list[3]``."""


class Sort(Enum):
    """Whose the object is that a step starts from."""

    USERS = auto()
    WRAPPER = auto()
    CONTAINER = auto()
    LIBRARY = auto()  # made by a library, perhaps for the user: who holds it is asked
    BARRIER = auto()  # a library's, and so is all that is above: it tells nothing of the owner


class Recognition:
    """Take it with ``snapshot.derive(Recognition)``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._wrappers = snapshot.derive(Wrappers)
        self._folding = snapshot.derive(Folding)
        self._standard = snapshot.derive(StandardLibrary)

    def referrers(self, index: int) -> Iterator[Reference]:
        return self._folding.referrers(index)

    def sort(self, step: Reference) -> Sort:
        source = step.source
        type_name = self._snapshot.type_name(source)
        if type_name in WATCHERS:
            is_part = self._snapshot.label(step.row).name in WATCHERS[type_name]
            return Sort.LIBRARY if is_part else Sort.BARRIER
        if source in self._wrappers:
            return Sort.WRAPPER
        if type_name in CONTAINERS:
            return Sort.CONTAINER
        if self._wrappers.is_of_library(source):
            return Sort.LIBRARY
        return Sort.BARRIER if self._standard.runs(source) else Sort.USERS

    def where(self, step: Reference, sort: Sort, below: str) -> str:
        """Where in a container the owner is, or which stream of a Popen, seen from a step that is of this sort."""
        tells = sort == Sort.CONTAINER or (sort == Sort.LIBRARY and self._snapshot.type_name(step.source) in POPEN)
        return self._snapshot.label(step.row).suffix + below if tells else ""
