"""Why is this object alive: the tree of its referrers, up to the roots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyhandles.findings.describe import Described
from pyhandles.findings.handles import Handle
from pyhandles.findings.verdict import Verdict
from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Line:
    """One referrer in the tree: ``object`` refers by ``label`` to the object of the line above.

    mark: ``*A`` where other lines of this answer point back to this object; on a line with ``seen`` set, the mark
        of the object that it repeats.
    seen: ``"circular"`` if the object is already on the way from the start down to this line, ``"shared"`` if
        it stands elsewhere in this answer, else None. A line with ``seen`` set has no referrers.
    root: what kind of root this object is, in words, or None. A line with ``root`` set has no referrers.
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
    """The tree above one object. ``tree`` are its referrers; ``mark``, ``root``, ``more``, ``deeper`` as in `Line`."""

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
    marks: ``*A`` → index of the object, for naming it in the next command.
    """

    handle: Handle | None
    ancestries: tuple[Ancestry, ...]
    verdict: Verdict
    marks: Mapping[str, int]


def identify(
    snapshot: Snapshot,
    indices: Sequence[int],
    *,
    fd: int | None = None,
    raw: bool = False,
    all: bool = False,
    depth: int | None = None,
) -> Identification:
    """Walk up from the objects at ``indices``, breadth first, to the roots.

    fd: the descriptor number that was asked for, if one was; ``indices`` are then its owners, perhaps none.
    raw: show every object, fold nothing.
    all: show every referrer, bound no fan-in.
    depth: lines from the start up, at most; None chooses. More depth never shows less.
    """
    raise NotImplementedError
