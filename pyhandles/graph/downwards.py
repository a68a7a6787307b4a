"""What can be come to from objects, by the references that say what belongs to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.graph.forest import Forest
from pyhandles.graph.rows import rows_of_all
from pyhandles.graph.strength import FieldLabels, Strength, Strengths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyhandles.snapshot import Snapshot


def reached_from(snapshot: Snapshot, seeds: Iterable[int], is_followed: np.ndarray) -> np.ndarray:
    """The objects that are reached from the seeds, themselves among them. Shape (n_objects,), bool.

    is_followed: shape (n_references,), bool. Cost: a breadth-first search of what is reached.
    """
    none = np.zeros(snapshot.n_references, dtype=np.uint8)
    forest = Forest(snapshot.starts, snapshot.targets, none.astype(bool), none)
    forest.grow(np.array([*seeds], dtype=np.int64), is_followed)
    return forest.is_reached


def data_references(snapshot: Snapshot, besides: int | None = None) -> np.ndarray:
    """Which references lead to an object's data. Shape (n_references,), bool.

    Left out is what is reached only as the type of something, by a function's globals, through a module's variables, or
    by a word of a stack that may be stale: by these, anything reaches almost everything. besides: a module, or its
    dictionary, whose variables are data.
    """
    is_data: np.ndarray = snapshot.derive(Strengths).of_rows == Strength.DATA
    rows, modules = rows_of_all(snapshot.starts, snapshot.tables["modules"]["object"])
    is_namespace = snapshot.labels[rows] == snapshot.derive(FieldLabels).dict
    namespaces, modules = snapshot.targets[rows[is_namespace]], modules[is_namespace]
    if besides is not None:
        is_other = (namespaces != besides) & (modules != besides)
        namespaces = namespaces[is_other]
    variables, _ = rows_of_all(snapshot.starts, namespaces)
    is_data[variables] = False
    return is_data
