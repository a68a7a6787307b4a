"""Dominators are those that networkx finds, on graphs of every shape; deep ones cost no more than wide ones."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pyhandles.graph.dominators import NOT_REACHED, DominatorTree, dominator_tree

SIZES = st.shared(st.integers(1, 14), key="size")
NODES = SIZES.flatmap(lambda size: st.integers(0, size - 1))
REFERENCES = st.lists(st.tuples(NODES, NODES), max_size=40)


def tree_of(size: int, references: list[tuple[int, int]], seeds: list[int]) -> DominatorTree:
    sources, targets = np.array(references, dtype=np.int64).reshape(-1, 2).T
    return dominator_tree(size, sources, targets, np.array(seeds, dtype=np.int64))


def expected(size: int, references: list[tuple[int, int]], seeds: list[int]) -> list[int]:
    graph = nx.DiGraph([*references, *((size, seed) for seed in seeds)])
    graph.add_node(size)
    found = nx.immediate_dominators(graph, size) | {size: size}
    return [found.get(node, NOT_REACHED) for node in range(size + 1)]


@given(SIZES, REFERENCES, st.lists(NODES, max_size=4))
def test_as_networkx_finds_them(size: int, references: list[tuple[int, int]], seeds: list[int]):
    tree = tree_of(size, references, seeds)

    assert tree.parents.tolist() == expected(size, references, seeds)


@given(SIZES, REFERENCES, st.lists(NODES, max_size=4))
def test_sums_are_those_of_all_that_a_node_dominates(size: int, references: list[tuple[int, int]], seeds: list[int]):
    tree = tree_of(size, references, seeds)
    graph = nx.DiGraph([(int(tree.parents[node]), node) for node in tree.order[1:].tolist()])
    graph.add_nodes_from(range(size + 1))
    weights = np.array([3**node for node in range(size + 1)])

    sums = tree.below(weights)

    for node in tree.order.tolist():
        assert sums[node] == weights[[node, *nx.descendants(graph, node)]].sum()


def test_a_linked_list_both_ways_held_at_both_ends():
    """Each node is reached from both ends: only the root is on all ways to it."""
    size = 50_000
    there = [(node, node + 1) for node in range(size - 1)]

    tree = tree_of(size, there + [(target, source) for source, target in there], [0, size - 1])

    assert (tree.parents == size).all()
