"""The roots: where reachability starts, and what each holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.describe import Described, describe
from pyhandles.findings.pages import Page, page
from pyhandles.findings.wording import frame_text
from pyhandles.format import RootKind
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyhandles.snapshot import Snapshot

NATIVE, IMMORTAL = "native", "immortal"
NAMED_KINDS = {
    RootKind.MODULE: "module",
    RootKind.FRAME: "frame",
    RootKind.INTERPRETER: "interpreter",
    RootKind.THREAD: "thread",
}
KINDS = (*NAMED_KINDS.values(), NATIVE, IMMORTAL)


@dataclass(frozen=True, slots=True)
class RootRow:
    """One root.

    name: the module's; of a frame, its call, line and thread; what of the interpreter's or a thread's state it is;
        of an object held natively, how many references are not accounted for.
    references: to how many objects it refers itself. nearest: how many objects, itself included, a search from all
        roots at once reaches first from this one.
    """

    kind: str
    name: str
    object: Described
    references: int
    nearest: int


@dataclass(frozen=True, slots=True)
class RootList:
    """Some of the roots, and how many there are of each kind, whatever was asked for."""

    kinds: Mapping[str, int]
    page: Page[RootRow]


def root_list(
    snapshot: Snapshot, *, kind: str | None = None, name: str | None = None, limit: int | None = None, offset: int = 0
) -> RootList:
    """The roots by kind, in the order of `KINDS`; those held natively by how many objects they are nearest to.

    kind: one of `KINDS`; without it, what is never freed is left out, being counted only. name: a part of the name.
    Cost: that of `Roots`, which other answers share, and of a few passes over an array of all objects.
    """
    found = snapshot.derive(_Found)
    wanted = [each for each in found.items(kind) if name is None or name.lower() in found.name(*each).lower()]

    def make(each: tuple[str, int, str | None]) -> RootRow:
        of_kind, index, _ = each
        references = len(snapshot.rows_of(index))
        nearest = int(found.nearest[index])
        return RootRow(of_kind, found.name(*each), describe(snapshot, index), references, nearest)

    return RootList(found.kinds, page(wanted, make, limit=limit, offset=offset))


class _Found:
    """Kind, object and name of every root; by kind, in the order in which they are shown."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._roots = roots = snapshot.derive(Roots)
        self.nearest = _nearest(roots.predecessors)
        self._items: dict[str, list[tuple[str, int, str | None]]] = {kind: [] for kind in KINDS}
        for root in snapshot.roots:
            kind_name = NAMED_KINDS.get(RootKind(root.kind), NATIVE)
            self._items[kind_name].append((kind_name, root.object, root.name))
        is_named = np.zeros(snapshot.n_objects, dtype=bool)
        is_named[snapshot.tables["roots"]["object"]] = True
        is_immortal = roots.immortal & ~is_named
        self._add(NATIVE, np.flatnonzero(roots.native_ends & ~roots.immortal & ~is_named))
        self._add(IMMORTAL, np.flatnonzero(is_immortal))
        self.kinds = {kind: len(items) for kind, items in self._items.items()}

    def _add(self, kind: str, indices: np.ndarray) -> None:
        ordered = indices[np.argsort(-self.nearest[indices], kind="stable")]
        self._items[kind] += [(kind, index, None) for index in ordered.tolist()]

    def items(self, kind: str | None) -> Iterable[tuple[str, int, str | None]]:
        if kind is not None:
            return self._items[kind]
        return [each for of_kind, items in self._items.items() if of_kind != IMMORTAL for each in items]

    def name(self, kind: str, index: int, name: str | None) -> str:
        if kind == "frame":
            return frame_text(self._snapshot, index)
        if kind == IMMORTAL:
            return "never freed"
        if kind != NATIVE:
            return name or "?"
        count = int(self._roots.unexplained[index])
        return f"{count:,} {'reference' if count == 1 else 'references'} not accounted for"


def _nearest(predecessors: np.ndarray) -> np.ndarray:
    """For each root, how many objects are reached first from it; 1 for garbage, of itself.

    Every object points to its root after as many rounds as the longest way has binary digits. Shape (n_objects,).
    """
    own = np.arange(len(predecessors), dtype=predecessors.dtype)
    root = np.where(predecessors < 0, own, predecessors)
    while True:
        farther = root[root]
        if np.array_equal(farther, root):
            break
        root = farther
    counts: np.ndarray = np.bincount(root, minlength=len(root))
    return counts
