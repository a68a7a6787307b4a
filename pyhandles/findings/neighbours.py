"""Who refers to an object, and what it refers to: one step either way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pyhandles.findings.describe import Described, describe
from pyhandles.findings.pages import Page, page
from pyhandles.graph.adjacency import Adjacency
from pyhandles.graph.folding import Folding, Reference
from pyhandles.graph.outgoing import Outgoing
from pyhandles.graph.strength import Strength, Strengths

if TYPE_CHECKING:
    import numpy as np

    from pyhandles.snapshot import Snapshot

MANY = 20_000
"""So many referrers are folded to be counted; of more only those that are shown are."""

_REMARKS = {Strength.BACKGROUND: "background", Strength.GUESS: "guess", Strength.WEAK: "weak"}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """``object`` stands at the other end of the reference called ``label``.

    folded: how many objects lie between, as an instance's ``__dict__`` does. remark: ``weak`` keeps nothing alive,
    ``guess`` is a word of an evaluation stack that may be stale, ``background`` ties to a type or a module; else None.
    """

    label: str
    object: Described
    folded: int
    remark: str | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """References to ``object``, or from it.

    exact: False where so many refer to it that ``page.total`` counts what is not folded yet. weak: how many weak
    references are left out.
    """

    object: Described
    page: Page[Neighbour]
    exact: bool
    weak: int


def inrefs(
    snapshot: Snapshot, index: int, *, raw: bool = False, limit: int | None = None, offset: int = 0
) -> Neighbours:
    """Who refers to the object at ``index``: those that tell most first.

    raw: every reference as it is in the file, weak ones and guesses among them.
    """
    if raw:
        sources, rows = snapshot.derive(Adjacency).incoming(index)
        found = page(
            range(len(rows)), lambda at: _row(snapshot, int(rows[at]), int(sources[at])), limit=limit, offset=offset
        )
        return Neighbours(describe(snapshot, index), found, exact=True, weak=0)
    folding = Folding(snapshot, background=True)
    count = folding.count(index)
    is_exact = limit is None or count <= MANY
    steps = list(islice(folding.referrers(index), None if is_exact else offset + (limit or 0)))
    found = page(steps, lambda step: _step(snapshot, step, step.source), limit=limit, offset=offset)
    if not is_exact:
        found = Page(found.rows, max(count, len(steps)), offset)
    rows = snapshot.derive(Adjacency).incoming(index).rows
    return Neighbours(describe(snapshot, index), found, is_exact, _count_weak(snapshot, rows))


def outrefs(
    snapshot: Snapshot, index: int, *, raw: bool = False, limit: int | None = None, offset: int = 0
) -> Neighbours:
    """What the object at ``index`` refers to, in the order of the file, what ties it to types and modules last.

    raw: as for `inrefs`.
    """
    own = snapshot.rows_of(index)
    if raw:
        found = page(own, lambda row: _row(snapshot, row, int(snapshot.targets[row])), limit=limit, offset=offset)
        return Neighbours(describe(snapshot, index), found, exact=True, weak=0)
    outgoing = snapshot.derive(Outgoing)
    rows = outgoing.rows(index)
    found = page(
        range(len(rows)),
        lambda at: _step(snapshot, step := outgoing.step(index, int(rows[at])), step.target),
        limit=limit,
        offset=offset,
    )
    return Neighbours(describe(snapshot, index), found, exact=True, weak=_count_weak(snapshot, own))


def _count_weak(snapshot: Snapshot, rows: np.ndarray | range) -> int:
    return int((snapshot.derive(Strengths).of_rows[rows] == Strength.WEAK).sum())


def _step(snapshot: Snapshot, step: Reference, end: int) -> Neighbour:
    return _row(snapshot, step.row, end, len(step.via))


def _row(snapshot: Snapshot, row: int, end: int, folded: int = 0) -> Neighbour:
    strength = Strength(int(snapshot.derive(Strengths).of_rows[row]))
    return Neighbour(snapshot.label(row).text, describe(snapshot, end), folded, _REMARKS.get(strength))
