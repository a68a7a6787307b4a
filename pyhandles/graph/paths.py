"""The shortest retention path: from a root down to an object.

The search goes from the object upwards, one level of folded references at a time, and stops at the first level
that has a root: nearly every handle is a few steps below one. Where several roots stand on that level, the one
that tells most is taken: a module's globals before a frame's variables before a class's attributes before the
interpreter's internals. An object that native code holds ends the search only when no root that has a name is
found, because a reference that pyhandles cannot name explains less than any that it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import LABEL_KIND_SHIFT, LabelKind, RootKind
from pyhandles.graph.folding import Folding, Reference
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot

MAX_VISITED = 20_000
"""So many objects are looked at before the search gives up being the shortest."""


class RootRank(IntEnum):
    """Lower is preferred."""

    GLOBAL = 0
    LOCAL = 1
    CLASS = 2
    INTERPRETER = 3
    NATIVE = 4


@dataclass(frozen=True, slots=True)
class Path:
    """``steps`` lead from ``root`` down to the object; none if the object is a root itself."""

    root: int
    rank: RootRank
    steps: tuple[Reference, ...]


def shortest_path(snapshot: Snapshot, target: int, *, raw: bool = False) -> Path | None:
    """The shortest path from a root to ``target``, or None if no root reaches it.

    References to types and from functions to their modules are used only where there is no way without them.
    """
    roots = snapshot.derive(Roots)
    if roots.is_garbage(target):
        return None
    native = None
    for background in (False, True):
        path = _search(snapshot, target, Folding(snapshot, raw=raw, background=background))
        if path is not None and path.rank != RootRank.NATIVE:
            return path
        native = native or path
    return native or _path_by_predecessors(snapshot, target)


def _search(snapshot: Snapshot, target: int, folding: Folding) -> Path | None:
    roots = snapshot.derive(Roots)
    steps: dict[int, Reference | None] = {target: None}
    native: Path | None = None
    level = [target]
    while level:
        named = [index for index in level if index in roots.table]
        if named:
            paths = [_path(snapshot, index, steps) for index in named]
            return min(paths, key=lambda path: path.rank)
        if native is None:
            held = next((index for index in level if is_native_end(roots, index)), None)
            native = None if held is None else _path(snapshot, held, steps)
        found = (reference for index in level for reference in folding.referrers(index))
        level = []
        for reference in found if len(steps) < MAX_VISITED else ():
            if reference.source not in steps:
                steps[reference.source] = reference
                level.append(reference.source)
                if len(steps) >= MAX_VISITED:
                    break
    return native


def is_native_end(roots: Roots, index: int) -> bool:
    """Whether a path may end at the object for want of a root with a name."""
    return roots.is_held_natively(index) or roots.is_immortal(index)


def _path(snapshot: Snapshot, root: int, steps: Mapping[int, Reference | None]) -> Path:
    down = []
    step = steps[root]
    while step is not None:
        down.append(step)
        step = steps[step.target]
    return Path(root, _rank(snapshot, root, down), tuple(down))


def _rank(snapshot: Snapshot, root: int, down: list[Reference]) -> RootRank:
    record = snapshot.derive(Roots).table.get(root)
    if record is None:
        return RootRank.NATIVE
    if record.kind == RootKind.FRAME:
        return RootRank.LOCAL
    if record.kind != RootKind.MODULE:
        return RootRank.INTERPRETER
    passes_class = any(_is_class_attribute(snapshot, step) for step in down)
    return RootRank.CLASS if passes_class else RootRank.GLOBAL


def _is_class_attribute(snapshot: Snapshot, step: Reference) -> bool:
    kind = int(snapshot.labels[step.row]) >> LABEL_KIND_SHIFT
    return kind == LabelKind.ATTRIBUTE and snapshot.type_records.of(step.source) is not None


def _path_by_predecessors(snapshot: Snapshot, target: int) -> Path:
    """The way by which the search for reachability came: object by object, and shortest before folding."""
    predecessors = snapshot.derive(Roots).predecessors.tolist()
    chain = [target]
    while (source := predecessors[chain[-1]]) >= 0:
        chain.append(source)
    chain.reverse()
    steps = list(map(Reference, chain, _rows_between(snapshot, np.array(chain)), chain[1:]))
    return Path(chain[0], _rank(snapshot, chain[0], steps), tuple(steps))


def _rows_between(snapshot: Snapshot, chain: np.ndarray) -> list[int]:
    """For each object of the chain but the last, the row of its first reference to the next."""
    counts = np.diff(snapshot.starts)[chain[:-1]]
    ends = np.cumsum(counts)
    places = np.repeat(np.arange(len(counts)), counts)
    rows = np.arange(counts.sum()) - np.repeat(ends - counts, counts) + snapshot.starts[chain[:-1]][places]
    leads_on = snapshot.targets[rows] == chain[1:][places]
    _, first = np.unique(places[leads_on], return_index=True)
    found: list[int] = rows[leads_on][first].tolist()
    return found
