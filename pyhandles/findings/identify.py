"""Why is this object alive: the tree of its referrers, up to the roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.describe import Described, describe
from pyhandles.findings.handles import Handle, handle_of_descriptor, handle_of_owner
from pyhandles.findings.marks import assign_marks
from pyhandles.findings.retention import Retention, retention
from pyhandles.findings.verdicts.case import case
from pyhandles.findings.verdicts.kept_open import beside
from pyhandles.findings.verdicts.verdict import Verdict, verdict
from pyhandles.findings.wording import root_kind, root_text
from pyhandles.graph.folding import Folding, Reference
from pyhandles.graph.roots import Roots
from pyhandles.graph.slices import Slice, cut, loops
from pyhandles.graph.strength import Strength, Strengths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.snapshot import Snapshot

FAN_IN = 6
"""So many referrers of one object are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One referrer in the tree: ``object`` refers by ``label`` to the object of the line above.

    mark: ``*A`` where other lines of this answer point back to this object; on a line with ``seen`` set, the mark
        of the object that it repeats.
    seen: ``"circular"`` if the object is already on the way from the start down to this line, ``"shared"`` if
        it stands elsewhere in this answer, else None. A line with ``seen`` set has no referrers.
    root: what kind of root this object is, in words, or None. Only an object that native code holds has referrers,
        too.
    more: how many referrers of this object are left out because there are too many.
    deeper: whether the referrers of this object are left out because the answer stops at this depth.
    """

    label: str
    object: Described
    mark: str | None
    seen: str | None
    referrers: tuple[Line, ...]
    root: str | None = None
    more: int = 0
    deeper: bool = False


@dataclass(frozen=True, slots=True)
class LoopStep:
    """``object`` refers by ``label`` to the next step's object; the last step's, to the first."""

    label: str
    object: Described


@dataclass(frozen=True, slots=True)
class Ancestry:
    """The tree above one object. ``tree`` are its referrers; ``mark``, ``root``, ``more``, ``deeper`` as in `Line`.

    roots: the roots in the tree, in full. cycles: one loop for each cycle in the tree.
    """

    object: Described
    mark: str | None
    tree: tuple[Line, ...]
    roots: tuple[str, ...]
    cycles: tuple[tuple[LoopStep, ...], ...]
    root: str | None = None
    more: int = 0
    deeper: bool = False


@dataclass(frozen=True, slots=True)
class Identification:
    """The answer to ``identify``.

    handle: the descriptor that was asked for, or that the object owns; None for other objects.
    ancestries: one for each object asked for: the owners of a descriptor (none where it has no owner), else one.
    marks: ``*A`` → index of the object, for naming it in the next command. lingering: as in `why`.
    """

    handle: Handle | None
    ancestries: tuple[Ancestry, ...]
    verdict: Verdict
    marks: Mapping[str, int]
    lingering: tuple[str, ...] = ()


def identify(
    snapshot: Snapshot,
    indices: Sequence[int],
    *,
    fd: int | None = None,
    raw: bool = False,
    all: bool = False,  # noqa: A002  # The option is called so.
    depth: int | None = None,
) -> Identification:
    """Walk up from the objects at ``indices``, breadth first, to the roots.

    fd: the descriptor number that was asked for, if one was; ``indices`` are then its owners, perhaps none.
    raw: show every object, fold nothing.
    all: show every referrer, bound no fan-in.
    depth: lines from the start up, at most; None chooses. More depth never shows less.
    """
    folding = Folding(snapshot, raw=raw, background=all)
    slices = slices_above(snapshot, folding, indices, raw=raw, all=all, depth=depth)
    marks = assign_marks(slices)
    of = case(snapshot, indices, fd)
    given = verdict(of)
    return Identification(
        handle=handle_asked_for(snapshot, indices, fd),
        ancestries=tuple(_Tree(snapshot, folding, slice_, marks).ancestry() for slice_ in slices),
        verdict=given,
        marks={mark: index for index, mark in marks.items()},
        lingering=beside(of, given),
    )


def handle_asked_for(snapshot: Snapshot, indices: Sequence[int], fd: int | None) -> Handle | None:
    """The handle of the descriptor, or of the first object if it owns one."""
    if fd is not None:
        return handle_of_descriptor(snapshot, fd)
    return handle_of_owner(snapshot, indices[0]) if indices else None


def slices_above(
    snapshot: Snapshot,
    folding: Folding,
    indices: Sequence[int],
    *,
    raw: bool,
    all: bool,  # noqa: A002  # As above.
    depth: int | None,
) -> list[Slice]:
    """What is above each of the objects, the way that keeps it included; the arguments are those of `identify`."""
    is_end = snapshot.derive(Roots).table.__contains__
    return [
        cut(
            folding,
            index,
            is_end,
            depth=depth,
            fan_in=None if all else FAN_IN,
            way=_way(retention(snapshot, index, raw=raw)),
        )
        for index in indices
    ]


def _way(kept: Retention) -> tuple[Reference, ...]:
    if kept.path:
        return kept.path.steps
    return kept.loop.steps + kept.loop.down if kept.loop else ()


class _Tree:
    """Turns a slice into lines: each object is shown in full where the search first came to it."""

    def __init__(self, snapshot: Snapshot, folding: Folding, slice_: Slice, marks: Mapping[int, str]) -> None:
        self._snapshot = snapshot
        self._folding = folding
        self._slice = slice_
        self._marks = marks
        self._roots = snapshot.derive(Roots)
        self._ends = frozenset({slice_.start, *(reference.source for reference in slice_.way[:1])})

    def ancestry(self) -> Ancestry:
        start = self._slice.start
        return Ancestry(
            object=describe(self._snapshot, start),
            mark=self._marks.get(start),
            tree=self._lines(start),
            roots=self._root_texts(),
            cycles=self._cycles(),
            root=self._root(start),
            more=self._slice.more(start),
            deeper=self._goes_on(start),
        )

    def _lines(self, index: int) -> tuple[Line, ...]:
        return tuple(self._line(reference) for reference in self._slice.above(index))

    def _line(self, reference: Reference) -> Line:
        index = reference.source
        label = self._folding.label(reference).text
        described = describe(self._snapshot, index)
        mark = self._marks.get(index)
        if self._slice.found_by(index) != reference:
            seen = "circular" if self._slice.is_on_way_to(index, reference.target) else "shared"
            return Line(label, described, mark, seen, ())
        return Line(
            label,
            described,
            mark,
            None,
            self._lines(index),
            root=self._root(index),
            more=self._slice.more(index),
            deeper=self._goes_on(index),
        )

    def _root(self, index: int) -> str | None:
        """What kind of root the object is. Native code is told of only where nothing else explains as much."""
        is_named = index in self._roots.table
        is_end = index in self._ends or not self._folding.count(index)
        return root_kind(self._snapshot, index) if is_named or is_end else None

    def _goes_on(self, index: int) -> bool:
        is_end = self._slice.was_looked_above(index) or index in self._roots.table
        return not is_end and self._folding.count(index) > 0

    def _root_texts(self) -> tuple[str, ...]:
        texts: dict[str, None] = {}
        for index in self._slice.graph:
            if self._root(index):
                below = [reference for *_, reference in self._slice.graph.out_edges(index, data="reference")]
                for reference in below or [None]:
                    texts[root_text(self._snapshot, index, reference)] = None
        return tuple(texts)

    def _cycles(self) -> tuple[tuple[LoopStep, ...], ...]:
        strengths = self._snapshot.derive(Strengths).of_rows
        is_garbage = self._roots.is_garbage(self._slice.start)

        def is_counted(reference: Reference) -> bool:
            return is_garbage or strengths[reference.row] != Strength.BACKGROUND

        return tuple(
            tuple(LoopStep(self._folding.label(step).text, describe(self._snapshot, step.source)) for step in loop)
            for loop in loops(self._slice, is_counted)
        )
