"""What an object reaches: all that can be come to from it, by type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.counts import Count, counts
from pyhandles.findings.describe import Described, describe
from pyhandles.graph.downwards import data_references, reached_from
from pyhandles.graph.strength import Strength, Strengths

if TYPE_CHECKING:
    import numpy as np

    from pyhandles.findings.pages import Page
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Reachable:
    """What ``object`` reaches; it counts too.

    objects: how many. size: bytes, all together. fds: the descriptors that are owned by what is reached.
    types: of what is reached; a ``share`` is one of ``size``. all: types, globals and modules were followed too.
    """

    object: Described
    objects: int
    size: int
    fds: tuple[int, ...]
    types: Page[Count]
    all: bool


def reachable(
    snapshot: Snapshot,
    index: int,
    *,
    all: bool = False,  # noqa: A002  # The option is called so.
    limit: int | None = None,
    offset: int = 0,
) -> Reachable:
    """All that can be come to from the object at ``index``, whatever else keeps it; the types with most objects first.

    Left out is what is reached only as the type of something, by a function's globals, through another module's
    variables, or by a word of a stack that may be stale: by these, anything reaches almost everything. all: only weak
    references are not followed.
    Cost: a breadth-first search of what is reached.
    """
    is_reached = reached_from(snapshot, [index], _followed(snapshot, index, all=all))
    return Reachable(
        object=describe(snapshot, index),
        objects=int(is_reached.sum()),
        size=int(snapshot.sizes[is_reached].sum()),
        fds=snapshot.derive(Claims).owned_by(is_reached),
        types=counts(snapshot, among=is_reached, limit=limit, offset=offset),
        all=all,
    )


def _followed(snapshot: Snapshot, index: int, *, all: bool) -> np.ndarray:  # noqa: A002
    """Which references to follow from the object. Shape (n_references,), bool."""
    if all:
        is_any: np.ndarray = snapshot.derive(Strengths).of_rows != Strength.WEAK
        return is_any
    return data_references(snapshot, besides=index)
