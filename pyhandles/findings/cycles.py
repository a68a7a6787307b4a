"""Cycles that hold descriptors: what keeps itself alive, and handles with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.claims import Claims
from pyhandles.findings.cut import reference_from_root
from pyhandles.findings.pages import Page, page
from pyhandles.findings.wording import loop_texts, root_text
from pyhandles.graph.closure import Rooted, closure_above
from pyhandles.graph.components import Components
from pyhandles.graph.cycles import OUTSIDE
from pyhandles.graph.dominators import NOT_REACHED, dominator_tree
from pyhandles.graph.paths import shortest_path
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Cycle:
    """Objects that keep each other alive.

    loop: texts: one loop of those that they make, as short as one is; the last text is what it comes back to.
    size: how many objects keep each other so. fds: of the owners among them, and of those below that they alone keep;
        a descriptor counts for the nearest cycle above it only.
    entered_by: the reference by which the shortest way from a root comes to one of the objects; None for garbage.
    address: an object of the loop.
    """

    loop: tuple[str, ...]
    size: int
    fds: tuple[int, ...]
    garbage: bool
    entered_by: str | None
    address: int


def cycles(
    snapshot: Snapshot, indices: Sequence[int] | None = None, *, limit: int | None = None, offset: int = 0
) -> Page[Cycle]:
    """The strongly connected components that hold descriptors, those that hold most first.

    indices: of an object, or of several: the cycles that they are in, and those without which they would be gone,
        nearest first, whether these hold descriptors or not.

    Cost: the strong components of the whole heap; the dominator tree of what is above the owners.
    """
    held = snapshot.derive(_Held)
    numbers = held.numbers if indices is None else held.above(indices)
    return page(numbers, held.tell, limit=limit, offset=offset, empty="no cycle holds a descriptor")


class _Held:
    """The components that hold descriptors, and which."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._components = snapshot.derive(Components)
        claims = snapshot.derive(Claims)
        fds = {owner.object: fd for fd in claims.descriptors for owner in claims.owners(fd)}
        self.fds: dict[int, set[int]] = {}
        for index, numbers in _keeping(snapshot, list(fds)).items():
            if numbers:
                self.fds.setdefault(numbers[0], set()).add(fds[index])
        self.numbers = sorted(self.fds, key=lambda number: (-len(self.fds[number]), min(self.fds[number])))

    def above(self, indices: Iterable[int]) -> list[int]:
        """The components that the objects are in or that keep them, nearest first."""
        found = _keeping(self._snapshot, list(indices))
        return list(dict.fromkeys(number for numbers in found.values() for number in numbers))

    def tell(self, number: int) -> Cycle:
        snapshot = self._snapshot
        members = self._components.members(number)
        loop = self._components.shortest_loop(number)
        start = loop.steps[0].source if loop else int(members[0])
        is_garbage = snapshot.derive(Roots).is_garbage(start)
        return Cycle(
            loop=tuple(loop_texts(snapshot, loop)) if loop else (),
            size=len(members),
            fds=tuple(sorted(self.fds.get(number, ()))),
            garbage=is_garbage,
            entered_by=None if is_garbage else self._entrance(start, number),
            address=int(snapshot.addresses[start]),
        )

    def _entrance(self, start: int, number: int) -> str | None:
        path = shortest_path(self._snapshot, start)
        if path is None:
            return None
        of_objects = self._components.of_objects
        for place, step in enumerate(path.steps):
            if of_objects[path.root] != number and number in of_objects[[*step.via, step.target]]:
                return reference_from_root(self._snapshot, path.steps[: place + 1])
        return root_text(self._snapshot, path.root)


def _keeping(snapshot: Snapshot, objects: Sequence[int]) -> dict[int, list[int]]:
    """For each of the objects, the components that it is in or that it would be gone without, nearest first."""
    is_live = snapshot.derive(Roots).reachable
    live = [each for each in objects if is_live[each]]
    garbage = [each for each in objects if not is_live[each]]
    return _keeping_part(snapshot, live) | _keeping_part(snapshot, garbage, of_garbage=True)


def _keeping_part(snapshot: Snapshot, objects: Sequence[int], *, of_garbage: bool = False) -> dict[int, list[int]]:
    """Dominators in the graph of components: a component is one node, and what is in none is a node of its own."""
    if not objects:
        return {}
    closure = closure_above(snapshot, np.array(objects, dtype=np.int64), of_garbage=of_garbage)
    of_objects = snapshot.derive(Components).of_objects
    own = np.where(of_objects == OUTSIDE, -1 - np.arange(snapshot.n_objects), of_objects)
    keys, nodes = np.unique(own[closure.objects], return_inverse=True)
    sources = nodes[np.searchsorted(closure.objects, closure.sources)]
    targets = nodes[np.searchsorted(closure.objects, closure.targets)]
    if of_garbage:
        is_below = np.zeros(len(keys), dtype=bool)
        is_below[targets[sources != targets]] = True
        seeds = np.flatnonzero(~is_below)
    else:
        seeds = np.unique(nodes[snapshot.derive(Rooted).is_rooted[closure.objects]])
    tree = dominator_tree(len(keys), sources, targets, seeds)
    node_of = dict(zip(closure.objects.tolist(), nodes.tolist(), strict=True))
    found = {}
    for each in objects:
        node, numbers = node_of[each], []
        while node not in {len(keys), NOT_REACHED}:
            if keys[node] >= 0:
                numbers.append(int(keys[node]))
            node = int(tree.parents[node])
        found[each] = numbers
    return found
