"""The tree of `identify` as a graph, for networkx's algorithms and for export."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from pyhandles.findings.describe import describe
from pyhandles.findings.identify import slices_above
from pyhandles.findings.wording import root_kind
from pyhandles.graph.folding import Folding
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot


def graph(
    snapshot: Snapshot,
    indices: Sequence[int],
    *,
    raw: bool = False,
    all: bool = False,  # noqa: A002  # The option is called so.
    depth: int | None = None,
) -> nx.MultiDiGraph:
    """What refers to the objects, up to the roots: what `identify` shows with the same arguments.

    A node is an object's index, an edge a reference, from the object that refers, with its row as key. A node has
    ``address`` and ``size`` in bytes (int); ``type`` and ``text`` (str); ``start`` (bool): it was asked for; ``root``
    (str): what kind of root it is, "" for none; ``garbage`` (bool): no root reaches it; ``more`` (int): how many
    references to it are left out. An edge has ``label`` (str): ``attribute .sock``; and ``folded`` (int): how many
    objects stand in between, as an instance's ``__dict__`` does. No value is None, so that every format takes them.
    """
    folding = Folding(snapshot, raw=raw, background=all)
    slices = slices_above(snapshot, folding, indices, raw=raw, all=all, depth=depth)
    roots = snapshot.derive(Roots)
    found = nx.MultiDiGraph()
    for index in dict.fromkeys(index for each in slices for index in each.graph):
        described = describe(snapshot, index)
        found.add_node(
            index,
            address=described.address,
            size=int(snapshot.sizes[index]),
            type=described.type,
            text=described.text,
            start=index in indices,
            root=(root_kind(snapshot, index) or "") if index in roots.table else "",
            garbage=bool(roots.is_garbage(index)),
            more=max(each.more(index) for each in slices if index in each.graph),
        )
    for each in slices:
        for reference in each.graph.edges(data="reference"):
            step = reference[2]
            found.add_edge(step.source, step.target, key=step.row, label=folding.label(step).text, folded=len(step.via))
    return found
