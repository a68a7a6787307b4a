"""What would be freed with an object, and which objects are the largest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.claims import Claims
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.pages import Page
from pyhandles.graph.kept import Kept
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Retained:
    """What would go with ``object``, which counts too.

    objects: how many. size: bytes, all together. fds: descriptors that would be closed. garbage: no root reaches the
    object; it goes when the collector comes, and this is what goes with it or because of it.
    """

    object: Described
    objects: int
    size: int
    fds: tuple[int, ...]
    garbage: bool


@dataclass(frozen=True, slots=True)
class Large:
    """size: bytes of the object alone. retained: of all that would go with it; None if it was not asked for."""

    object: Described
    size: int
    retained: int | None


def retained(snapshot: Snapshot, index: int) -> Retained:
    """What no root would reach if the object at ``index`` were gone; of garbage, all the garbage that it reaches."""
    freed = snapshot.derive(Kept).only_by(index)
    is_freed = np.zeros(snapshot.n_objects, dtype=bool)
    is_freed[freed] = True
    return Retained(
        object=describe(snapshot, index),
        objects=len(freed),
        size=int(snapshot.sizes[freed].sum()),
        fds=snapshot.derive(Claims).owned_by(is_freed),
        garbage=snapshot.derive(Roots).is_garbage(index),
    )


def largest(snapshot: Snapshot, *, retained: bool = False, limit: int | None = None, offset: int = 0) -> Page[Large]:
    """All objects, the largest first.

    retained: by what would go with each; garbage is left out then, for it goes altogether. Costs the dominator tree of
    the whole heap, once: some 2 s on a million objects.
    """
    sums = snapshot.derive(_retained_sizes) if retained else None
    order = snapshot.derive(_by_retained_size if retained else _by_size)

    def row(index: int) -> Large:
        own = int(snapshot.sizes[index])
        return Large(describe(snapshot, index), own, None if sums is None else int(sums[index]))

    end = len(order) if limit is None else offset + limit
    return Page(tuple(row(index) for index in order[offset:end].tolist()), len(order), offset)


def _retained_sizes(snapshot: Snapshot) -> np.ndarray:
    """Bytes that would go with each object, -1 for garbage. Shape (n_objects,), int64."""
    tree = snapshot.derive(Kept).dominators()
    sums = tree.below(np.append(snapshot.sizes.astype(np.int64), 0))
    sums[tree.parents < 0] = -1
    return sums[:-1]


def _by_retained_size(snapshot: Snapshot) -> np.ndarray:
    sums = snapshot.derive(_retained_sizes)
    return np.argsort(-sums, kind="stable")[: int((sums >= 0).sum())]


def _by_size(snapshot: Snapshot) -> np.ndarray:
    return np.argsort(-snapshot.sizes.astype(np.int64), kind="stable")
