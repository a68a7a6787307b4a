"""The dominator tree: which object every way from the roots to another object passes last.

Semi-NCA, as LLVM has it: L. Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems" (2005). Iterative
algorithms (Cooper, Harvey and Kennedy's, which rustworkx has) need a pass for each node of a doubly linked list that
is held at both ends. Most of a heap needs no algorithm at all, and numpy peels it off first: what the root refers to is
dominated by the root, and what one object alone refers to, by that one.

Cost: some 0.5 s and 100 bytes for each million of objects that are peeled off, 4 s and 500 bytes for each million of
those that are not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

NOT_REACHED = -1
_PEELS = 4


class DominatorTree(NamedTuple):
    """Nodes are numbers from 0; the root is ``len(parents) - 1``.

    parents: shape (n_nodes,), int64: the immediate dominator, `NOT_REACHED` for what the root does not reach, and the
        root itself for the root.
    order: reached nodes, each behind its dominator; the root is the first.
    """

    parents: np.ndarray
    order: np.ndarray

    def below(self, weights: np.ndarray) -> np.ndarray:
        """Sum of the weights of each node and of all that it dominates. Integers; shape (n_nodes,), int64."""
        sums = weights.tolist()
        nodes = self.order[:0:-1]
        for node, parent in zip(nodes.tolist(), self.parents[nodes].tolist(), strict=True):
            sums[parent] += sums[node]
        return np.array(sums, dtype=np.int64)


def dominator_tree(size: int, sources: np.ndarray, targets: np.ndarray, seeds: np.ndarray) -> DominatorTree:
    """The dominator tree of ``size`` nodes below a root of its own, which refers to the ``seeds``.

    sources, targets: of the references, shape (n_references,).
    """
    root = size
    parents = np.full(size + 1, NOT_REACHED, dtype=np.int64)
    is_seed = np.zeros(size, dtype=bool)
    is_seed[seeds] = True
    is_wanted = ~is_seed[targets] & (sources != targets)
    seeds = np.flatnonzero(is_seed)
    sources = np.concatenate([sources[is_wanted], np.full(len(seeds), root)])
    targets = np.concatenate([targets[is_wanted], seeds])
    sources, targets, peeled = _peel(size + 1, sources.astype(np.int64), targets.astype(np.int64))
    order = _semi_nca(parents, sources, targets, root)
    for nodes, above in reversed(peeled):
        is_reached = parents[above] != NOT_REACHED
        parents[nodes[is_reached]] = above[is_reached]
        order = np.concatenate([order, nodes[is_reached]])
    return DominatorTree(parents, order)


def _peel(
    size: int, sources: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Take off, again and again, what refers to nothing and has one reference to it. Also returns what was taken."""
    peeled = []
    for _ in range(_PEELS):
        may_go = np.bincount(targets, minlength=size) == 1
        may_go[sources] = False
        goes = may_go[targets]
        peeled.append((targets[goes], sources[goes]))
        sources, targets = sources[~goes], targets[~goes]
    return sources, targets, peeled


def _semi_nca(parents: np.ndarray, sources: np.ndarray, targets: np.ndarray, root: int) -> np.ndarray:
    """Write the immediate dominators of what the root reaches into ``parents``. Returns the nodes, the root first."""
    order, above = _depth_first(len(parents), sources, targets, root)
    number = np.full(len(parents), NOT_REACHED, dtype=np.int64)
    number[order] = np.arange(len(order))
    is_reached = number[sources] != NOT_REACHED
    semi = _semidominators(above, number[sources[is_reached]], number[targets[is_reached]])
    dominators = above
    for node in range(1, len(order)):
        dominator, bound = dominators[node], semi[node]
        while dominator > bound:
            dominator = dominators[dominator]
        dominators[node] = dominator
    nodes = np.array(order, dtype=np.int64)
    parents[nodes] = nodes[dominators]
    return nodes


def _depth_first(size: int, sources: np.ndarray, targets: np.ndarray, root: int) -> tuple[list[int], list[int]]:
    """The nodes in preorder; and the preorder number of each one's parent, by number."""
    starts, below = _by(sources, targets, size)
    number = [NOT_REACHED] * size
    order: list[int] = []
    above: list[int] = []
    nodes, froms = [root], [0]
    while nodes:
        node, parent = nodes.pop(), froms.pop()
        if number[node] != NOT_REACHED:
            continue
        number[node] = this = len(order)
        order.append(node)
        above.append(parent)
        start, end = starts[node], starts[node + 1]
        if start != end:
            nodes += below[start:end]
            froms += [this] * (end - start)
    return order, above


def _semidominators(above: list[int], sources: np.ndarray, targets: np.ndarray) -> list[int]:
    """By preorder numbers. ``above``: the parents in the tree of the depth-first search."""
    size = len(above)
    starts, referrers = _by(targets, sources, size)
    semi = list(range(size))
    label = list(range(size))
    ancestor = list(above)
    for node in range(size - 1, 0, -1):
        least = above[node]
        start, end = starts[node], starts[node + 1]
        if end - start > 1:
            for referrer in referrers[start:end]:
                # A smaller one has not been linked: it stands for itself.
                least = min(least, referrer if referrer <= node else semi[_eval(referrer, node, semi, label, ancestor)])
        semi[node] = least
    return semi


def _eval(node: int, linked: int, semi: list[int], label: list[int], ancestor: list[int]) -> int:
    """The node with the least semidominator on the way up from ``node`` to ``linked``; makes the way shorter."""
    if ancestor[node] <= linked:
        return label[node]
    way = []
    while ancestor[node] > linked:
        way.append(node)
        node = ancestor[node]
    top = ancestor[node]
    best = label[node]
    while way:
        node = way.pop()
        ancestor[node] = top
        if semi[best] < semi[label[node]]:
            label[node] = best
        else:
            best = label[node]
    return best


def _by(keys: np.ndarray, values: np.ndarray, size: int) -> tuple[list[int], list[int]]:
    """The values in the order of their keys, and where those of each key begin."""
    places = np.arange(len(keys), dtype=np.int32)
    table = csr_matrix((values[places], (keys, places)), shape=(size, max(len(keys), 1)))
    starts: list[int] = table.indptr.tolist()
    ordered: list[int] = table.data.tolist()
    return starts, ordered
