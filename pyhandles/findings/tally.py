"""How many objects of each type there are, and which types have to do with descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.recognition import CONTAINERS
from pyhandles.format import LABEL_KIND_SHIFT, NOTHING, LabelKind
from pyhandles.graph.folding import METHOD_TYPES
from pyhandles.inspectors.wrappers import Wrappers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.snapshot import Snapshot

_FIELDS = (LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER)
_NOBODY = CONTAINERS | METHOD_TYPES | {"cell"}
_MOST_LAYERS = 4
"""Instance, its ``__dict__``, text layer, buffer: as many stand around an owner."""


def type_name(snapshot: Snapshot, type_index: int) -> str:
    """``module.qualname``, ``builtins.`` left out."""
    return "object" if type_index == NOTHING else snapshot.name_of_type(type_index)


def tally(
    snapshot: Snapshot, *, among: np.ndarray | None = None, name: Callable[[Snapshot, int], str] = type_name
) -> dict[str, int]:
    """The name of each type → how many objects have it; types of one name count together.

    among: shape (n_objects,), bool: which objects count; None: all. name: of the type at an index, or at NOTHING.
    """
    types = snapshot.types if among is None else snapshot.types[among]
    tallied: dict[str, int] = {}
    for type_, count in zip(*(each.tolist() for each in np.unique(types, return_counts=True)), strict=True):
        called = name(snapshot, type_)
        tallied[called] = tallied.get(called, 0) + count
    return tallied


def owner_types(snapshot: Snapshot) -> set[int]:
    """Types of owners and of what has one as an attribute, with only wrappers in between."""
    kinds = snapshot.labels >> LABEL_KIND_SHIFT
    rows = np.flatnonzero(np.isin(kinds, np.array(_FIELDS, dtype=kinds.dtype)))
    sources = np.searchsorted(snapshot.starts, rows, side="right") - 1
    wrappers = snapshot.derive(Wrappers)
    layer = np.zeros(snapshot.n_objects, dtype=bool)
    layer[[owner.object for owner in snapshot.owners]] = True
    found = {snapshot.type_index(index) for index in np.flatnonzero(layer).tolist()}
    for _ in range(_MOST_LAYERS):
        holders = np.unique(sources[layer[snapshot.targets[rows]]]).tolist()
        found |= {snapshot.type_index(index) for index in holders if snapshot.type_name(index) not in _NOBODY}
        layer[:] = False
        layer[[index for index in holders if index in wrappers or snapshot.type_name(index) == "dict"]] = True
    return found
