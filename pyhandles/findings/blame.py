"""What to blame: references whose removal alone would release descriptors."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pyhandles.findings.claims import Claims
from pyhandles.findings.cut import is_fixed, reference_from_root
from pyhandles.findings.pages import Page, page
from pyhandles.graph.chains import Chains
from pyhandles.graph.closure import Rooted, closure_above
from pyhandles.graph.dominators import dominator_tree
from pyhandles.graph.folding import Reference
from pyhandles.graph.paths import shortest_path
from pyhandles.graph.roots import Roots
from pyhandles.inspectors.wrappers import Wrappers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.snapshot import Snapshot

_HIGHEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Blame:
    """Were this one reference gone, no root would reach the owners of these descriptors, nor of any others.

    reference: text. source, target: addresses; the target is what would go first, the source is the object that the
        text speaks of. handles: how many. row: the reference in the snapshot.
    """

    reference: str
    source: int
    target: int
    handles: int
    fds: tuple[int, ...]
    row: int


def blame(snapshot: Snapshot, *, limit: int | None = None, offset: int = 0) -> Page[Blame]:
    """The references whose removal would release most descriptors, largest first.

    Several references in a row that would release the same are told once, by the last that a program can take back.
    Owners that no root reaches are in none of them: `cycles` tells those.

    Cost: the dominator tree of what is above the owners, by references to data and up to what is rooted whatever they
    do; the texts of what is shown.
    """
    blames = snapshot.derive(_Blames)
    return page(blames.found, blames.tell, limit=limit, offset=offset, empty=_NONE, note=_note(snapshot, blames))


_NONE = "no reference alone would release a descriptor; `cycles` shows what only cycles keep, `leaks` all of it"


def _note(snapshot: Snapshot, blames: _Blames) -> str:
    """What the list does not say by itself."""
    parts = []
    if blames.found and blames.others:
        hang = "1 other hangs" if blames.others == 1 else f"{blames.others:,} others hang"
        parts.append(f"{hang} on more than one reference: `leaks` says what holds them")
    if blames.found and not snapshot.header.gc["enabled"]:
        parts.append("the garbage collector is disabled: what is in a cycle goes only when gc.collect() is called, too")
    return "; ".join(parts)


class _Found(NamedTuple):
    target: int
    row: int
    source: int


class _Blames:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._fds = _owned(snapshot)
        self._chains = snapshot.derive(Chains)
        closure = closure_above(snapshot, np.array(list(self._fds), dtype=np.int64))
        self._objects = closure.objects
        self._root = len(closure.objects)
        sources = np.searchsorted(closure.objects, closure.sources)
        targets = np.searchsorted(closure.objects, closure.targets)
        is_rooted = snapshot.derive(Rooted).is_rooted[closure.objects]
        tree = dominator_tree(self._root, sources, targets, np.flatnonzero(is_rooted))
        self._above: list[int] = tree.parents.tolist()
        self._depth = _depths(self._above, tree.order.tolist())
        self._referrers: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, source, target in zip(closure.rows.tolist(), sources.tolist(), targets.tolist(), strict=True):
            if self._above[source] >= 0:
                self._referrers[target].append((source, row))
        self._nodes = {index: node for node, index in enumerate(closure.objects.tolist())}
        self._weigh(tree.order.tolist())
        self.found = list(self._find())
        self.others = self._count_others(tree.order.tolist())

    def _weigh(self, order: list[int]) -> None:
        """How many descriptors go with each node, and the lowest of them."""
        self._weights = [0] * (self._root + 1)
        self._lowest = [_HIGHEST] * (self._root + 1)
        owners: dict[int, list[int]] = defaultdict(list)
        for index, fd in sorted(self._fds.items(), key=lambda each: -each[1]):
            node = self._nodes[index]
            self._weights[node] += 1
            self._lowest[node] = fd
            owners[fd].append(node)
        for nodes in owners.values():
            self._count_once(nodes)
        self._children: dict[int, list[int]] = defaultdict(list)
        for node in reversed(order[1:]):
            if self._weights[node] or node in self._children:
                above = self._above[node]
                self._weights[above] += self._weights[node]
                self._children[above].append(node)
                self._lowest[above] = min(self._lowest[above], self._lowest[node])

    def _count_once(self, nodes: list[int]) -> None:
        """A descriptor that several objects own goes once with whatever dominates them."""
        first, *others = nodes
        seen = {self._root, *self._dominators(first)} if others else set()
        for node in others:
            for above in (*self._dominators(node), self._root):
                if above in seen:
                    self._weights[above] -= 1
                    break
                seen.add(above)

    def _dominators(self, node: int) -> Iterator[int]:
        while node != self._root:
            yield node
            node = self._above[node]

    def _find(self) -> Iterator[_Found]:
        """One reference for each set of descriptors that go together, the largest set first."""
        weights = self._weights
        lowest = [
            node
            for node in {*self._children, *(self._nodes[index] for index in self._fds)} - {self._root}
            if weights[node] and all(weights[below] < weights[node] for below in self._children.get(node, ()))
        ]
        for node in sorted(lowest, key=lambda node: (-weights[node], self._lowest[node], node)):
            found = self._best(node)
            if found:
                yield found

    def _count_others(self, order: list[int]) -> int:
        """How many descriptors no single reference would release."""
        is_found = [False] * (self._root + 1)
        for found in self.found:
            is_found[self._nodes[found.target]] = True
        for node in order[1:]:
            is_found[node] |= is_found[self._above[node]]
        told = {fd for index, fd in self._fds.items() if is_found[self._nodes[index]]}
        return len(set(self._fds.values()) - told)

    def _best(self, node: int) -> _Found | None:
        """Of the references that release what ``node`` does, the nearest that a program can well take back."""
        weight = self._weights[node]
        second = None
        while self._above[node] >= 0 and node != self._root and self._weights[node] == weight:
            found = self._only_reference(node)
            if found and self._is_good(found):
                return found
            second = second or found
            node = self._above[node]
        return second

    def _only_reference(self, node: int) -> _Found | None:
        """The one reference that keeps a node, beside what it keeps itself; None if there are more."""
        if self._above[node] == self._root and self._is_rooted(node):
            return None
        outside = None
        for source, row in self._referrers[node]:
            if not self._dominates(node, source):
                if outside:
                    return None
                outside = source, row
        if outside is None or self._is_inner(outside[1]):
            return None
        return _Found(int(self._objects[node]), outside[1], int(self._objects[outside[0]]))

    def _is_rooted(self, node: int) -> bool:
        return bool(self._snapshot.derive(Rooted).is_rooted[self._objects[node]])

    def _is_inner(self, row: int) -> bool:
        """Whether no program has this reference: an instance's to its dict, a bound method's to its instance."""
        return bool(self._chains.is_short[row]) and not self._chains.is_variable(row)

    def _dominates(self, node: int, below: int) -> bool:
        depth = self._depth[node]
        while self._depth[below] > depth:
            below = self._above[below]
        return below == node

    def _is_good(self, found: _Found) -> bool:
        snapshot = self._snapshot
        return found.source not in snapshot.derive(Wrappers) and not is_fixed(snapshot, found.source)

    def tell(self, found: _Found) -> Blame:
        snapshot = self._snapshot
        path = shortest_path(snapshot, found.target)
        steps = path.steps if path and path.steps else (Reference(found.source, found.row, found.target),)
        fds = self._fds_below(self._nodes[found.target])
        return Blame(
            reference=reference_from_root(snapshot, steps),
            source=int(snapshot.addresses[steps[-1].source]),
            target=int(snapshot.addresses[found.target]),
            handles=len(fds),
            fds=fds,
            row=found.row,
        )

    def _fds_below(self, node: int) -> tuple[int, ...]:
        fds = set()
        nodes = [node]
        while nodes:
            node = nodes.pop()
            fds.add(self._fds.get(int(self._objects[node])))
            nodes += self._children.get(node, ())
        return tuple(sorted(fd for fd in fds if fd is not None))


def _owned(snapshot: Snapshot) -> dict[int, int]:
    """The descriptor of each owner that a root reaches, by index."""
    claims = snapshot.derive(Claims)
    reachable = snapshot.derive(Roots).reachable
    return {owner.object: fd for fd in claims.descriptors for owner in claims.owners(fd) if reachable[owner.object]}


def _depths(above: list[int], order: list[int]) -> list[int]:
    depths = [0] * len(above)
    for node in order[1:]:
        depths[node] = depths[above[node]] + 1
    return depths
