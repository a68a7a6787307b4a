"""The neighbourhood above an object, cut out of the whole graph's arrays as a small networkx graph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyhandles.graph.folding import Folding, Reference

COMFORTABLE_LINES = 20
"""Where no depth is asked for, the slice grows in breadth until it has about so many references: one screen."""

MAX_OBJECTS = 5_000
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Slice:
    """What is above ``start``.

    way: the path that the answer is about, from its root or its loop down to the start.
    graph: nodes are indices; edges, in the direction of the references, hold a `Reference` as ``reference`` and
        have its row as key. A node's ``found_by`` is the reference by which the search came to it, None for
        the start; a node that was looked above has ``more``, the number of its references that were left out.
    """

    start: int
    graph: nx.MultiDiGraph
    way: tuple[Reference, ...]

    def above(self, index: int) -> list[Reference]:
        """The references to an object, as they were found."""
        edges = self.graph.in_edges(index, data="reference")
        return [reference for _, _, reference in edges]

    def found_by(self, index: int) -> Reference | None:
        found: Reference | None = self.graph.nodes[index]["found_by"]
        return found

    def repeats(self) -> list[Reference]:
        """References from objects that the search had found by another one before."""
        return [reference for *_, reference in _edges(self) if self.found_by(reference.source) != reference]

    def is_on_way_to(self, index: int, below: int) -> bool:
        """Whether the search came to ``below`` by way of ``index``."""
        while below != index:
            found = self.found_by(below)
            if found is None:
                return False
            below = found.target
        return True

    def was_looked_above(self, index: int) -> bool:
        return "more" in self.graph.nodes[index]

    def more(self, index: int) -> int:
        more: int = self.graph.nodes[index].get("more", 0)
        return more


def cut(
    folding: Folding,
    start: int,
    is_end: Callable[[int], bool],
    *,
    depth: int | None = None,
    fan_in: int | None = None,
    way: tuple[Reference, ...] = (),
) -> Slice:
    """Go up from ``start``, breadth first, to the objects where ``is_end``.

    depth: so many levels; None: as many as make a comfortable answer. fan_in: at most so many references to one
    object. way: references to take first and, at any depth of choice, to the end: the path that the answer is
    about. A larger depth or fan_in gives a slice that holds the smaller one.
    """
    graph = nx.MultiDiGraph()
    graph.add_node(start, found_by=None)
    on_way = {reference.target: reference for reference in way}
    level, levels = [start], 0
    while level and levels < (MAX_DEPTH if depth is None else min(depth, MAX_DEPTH)) and len(graph) < MAX_OBJECTS:
        above = []
        for index in level:
            is_full = depth is None and graph.number_of_edges() >= COMFORTABLE_LINES
            if is_end(index) or (is_full and index not in on_way):
                continue
            for reference in _look_above(graph, folding, index, fan_in, on_way.get(index)):
                if reference.source not in graph:
                    graph.add_node(reference.source, found_by=reference)
                    above.append(reference.source)
                graph.add_edge(reference.source, index, key=reference.row, reference=reference)
        level, levels = above, levels + 1
    return Slice(start, graph, way)


def _look_above(
    graph: nx.MultiDiGraph, folding: Folding, index: int, fan_in: int | None, first: Reference | None
) -> list[Reference]:
    found = folding.referrers(index)
    references = list(found if fan_in is None else islice(found, fan_in + 1))
    if fan_in is None or len(references) <= fan_in:
        more = 0
    else:
        more = max(folding.count(index) - fan_in, 1)
        references = references[:fan_in]
    if first is not None:
        references = [first] + [each for each in references if (each.source, each.row) != (first.source, first.row)]
    graph.nodes[index]["more"] = more
    return references


def loops(slice_: Slice, is_counted: Callable[[Reference], bool]) -> list[tuple[Reference, ...]]:
    """One shortest loop for each strong component of the slice, nearest first.

    is_counted: whether a reference counts for a cycle. Each reference's target is the next one's source.
    """
    graph = slice_.graph.edge_subgraph(
        [(reference.source, reference.target, key) for *_, key, reference in _edges(slice_) if is_counted(reference)]
    )
    order = {index: position for position, index in enumerate(slice_.graph)}
    components = [component for component in nx.strongly_connected_components(graph) if _is_cyclic(graph, component)]
    tops = sorted(min(component, key=order.__getitem__) for component in components)
    return [_shortest_loop(graph, top) for top in sorted(tops, key=order.__getitem__)]


def _edges(slice_: Slice) -> Iterable[tuple[int, int, int, Reference]]:
    edges: Iterable[tuple[int, int, int, Reference]] = slice_.graph.edges(keys=True, data="reference")
    return edges


def _is_cyclic(graph: nx.MultiDiGraph, component: set[int]) -> bool:
    return len(component) > 1 or graph.has_edge(*component, *component)


def _shortest_loop(graph: nx.MultiDiGraph, start: int) -> tuple[Reference, ...]:
    if graph.has_edge(start, start):
        nodes = [start]
    else:
        ways = nx.single_source_shortest_path(graph, start)
        nodes = min((ways[source] for source in graph.predecessors(start) if source in ways), key=len)
    pairs = zip(nodes, [*nodes[1:], start], strict=True)
    return tuple(next(iter(graph.get_edge_data(*pair).values()))["reference"] for pair in pairs)
