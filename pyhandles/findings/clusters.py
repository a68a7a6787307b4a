"""Handles that are kept alive in the same way, told once: ten thousand leaked handles have few causes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyhandles.errors import UnknownObject
from pyhandles.findings.accumulation import accumulation
from pyhandles.findings.cut import cut_text
from pyhandles.findings.descriptors import common_target
from pyhandles.findings.handles import handles
from pyhandles.findings.holder import holder_besides
from pyhandles.findings.pairs import with_pairs
from pyhandles.findings.raw import RawHolders
from pyhandles.findings.retention import retention
from pyhandles.findings.roles import role_of
from pyhandles.findings.shapes import Shapes, signature
from pyhandles.findings.verdicts.case import case
from pyhandles.findings.verdicts.verdict import Verdict, verdict
from pyhandles.findings.wording import loop_texts, retention_texts, root_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.findings.handles import Handle
    from pyhandles.findings.retention import Retention
    from pyhandles.snapshot import Snapshot

_POSITIONS = re.compile(r"\[[^]]*\]")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Open descriptors with one signature. What is told of one of them, its first, holds for all.

    signature: a short hash of `shape`, equal for handles leaked the same way, from run to run and from machine to
        machine within a minor version of Python.
    shape: the ledger's class, the state, and the retention path without addresses, positions, keys and counts.
        Where that path tells only of a library that watches the handle, the holder, too.
    share: of the soft limit, from 0 to 1; None where there is no limit.
    path: texts, from the root or around the loop down to the owner. root: the path's beginning. cycle: the loop.
    accumulation: where they all hang, ``app.POOL.idle, a list of 58``; None for one alone, or if each hangs elsewhere.
    role: what a library uses each of them for; None if that is not known, or not the same of all. advice: what to
        write for that, as in `why`.
    targets: what is open → how many, without what each has for itself, as a port of its own.
    both_ends: ``60 socket pairs``, which are in it with both their ends; None without any.
    ends: the two clusters that it was made of, what says more first; `cluster` knows it by their signatures, too.
    cut: the reference to cut. opened_at: where they were opened → how many, where that was recorded.
    """

    signature: str
    shape: tuple[str, ...]
    count: int
    share: float | None
    fds: tuple[int, ...]
    kinds: Mapping[str, int]
    class_: str | None
    holder: str | None
    path: tuple[str, ...]
    root: str | None
    accumulation: str | None
    cycle: tuple[str, ...] | None
    cut: str | None
    verdict: Verdict
    opened_at: Mapping[str, int]
    role: str | None = None
    advice: str | None = None
    targets: Mapping[str, int] = field(default_factory=dict)
    both_ends: str | None = None
    ends: tuple[Cluster, ...] = ()

    @property
    def signatures(self) -> tuple[str, ...]:
        """Its own, and those of its ends."""
        return (self.signature, *(each.signature for each in self.ends))


def clusters(snapshot: Snapshot) -> list[Cluster]:
    """Every open descriptor in one cluster, the largest first. Both ends of pairs that leak together are one.

    Cost: linear in what is open, beside the search for what keeps all objects, which every other answer shares.
    """
    return list(snapshot.derive(_all_clusters))


def cluster(snapshot: Snapshot, beginning: str) -> Cluster:
    """The cluster whose signature begins so. Raises UnknownObject."""
    wanted = beginning.lower()
    fitting = [each for each in clusters(snapshot) if any(known.startswith(wanted) for known in each.signatures)]
    if len(fitting) != 1:
        what = "more than one signature begins" if fitting else "no signature begins"
        raise UnknownObject(f"{what} with {beginning!r}", "`leaks` shows the signatures.")
    return fitting[0]


def _all_clusters(snapshot: Snapshot) -> tuple[Cluster, ...]:
    grouped: dict[tuple[str, ...], list[Handle]] = {}
    for handle in handles(snapshot):
        if handle.fd is not None:
            grouped.setdefault(_shape(snapshot, handle), []).append(handle)
    found = with_pairs(snapshot, [_cluster(snapshot, shape, members) for shape, members in grouped.items()])
    return tuple(sorted(found, key=lambda each: -each.count))


def _shape(snapshot: Snapshot, handle: Handle) -> tuple[str, ...]:
    """What makes two handles alike. Of those without an owner, it is what they are, and what keeps their numbers."""
    beginning = (handle.class_ or "", handle.state)
    if not handle.owners:
        raw = snapshot.derive(RawHolders).get(handle.fd)
        number = snapshot.derive(Shapes).of(raw.kept(snapshot), raw.reference.target) if raw else ()
        return (*beginning, handle.kind, *number)
    index = handle.owners[0].index
    kept = retention(snapshot, index)
    besides = _POSITIONS.sub("", holder_besides(snapshot, kept) or "")
    return (*beginning, *snapshot.derive(Shapes).of(kept, index), *([besides] if besides else []))


def _cluster(snapshot: Snapshot, shape: tuple[str, ...], members: Sequence[Handle]) -> Cluster:
    first = members[0]
    indices = [owner.index for owner in first.owners]
    raw = None if indices else snapshot.derive(RawHolders).get(first.fd)
    kept = retention(snapshot, indices[0]) if indices else raw.kept(snapshot) if raw else None
    limit = snapshot.header.limits["soft"]
    path = retention_texts(snapshot, kept, raw.reference.target if raw else indices[0]) if kept else []
    common = accumulation(snapshot, _hanging(snapshot, members))
    role = role_of(snapshot, first.fd, indices) if len({handle.role for handle in members}) == 1 else None
    return Cluster(
        signature=signature(shape),
        shape=shape,
        count=len(members),
        share=len(members) / limit if limit and limit > 0 else None,
        fds=tuple(handle.fd for handle in members if handle.fd is not None),
        kinds=dict(Counter(handle.kind for handle in members).most_common()),
        class_=first.class_,
        holder=first.holder,
        path=tuple(path),
        root=_root(snapshot, kept),
        accumulation=common.text if common else None,
        cycle=tuple(loop_texts(snapshot, kept.loop)) if kept and kept.loop else None,
        cut=cut_text(snapshot, kept, each=len(members) > 1, out_of=common.index if common else None)
        if kept and indices
        else None,
        verdict=verdict(case(snapshot, indices, first.fd)),
        opened_at=dict(Counter(handle.opened_at for handle in members if handle.opened_at).most_common()),
        role=role.text if role else None,
        advice=role.advice if role else None,
        targets=dict(Counter(filter(None, (common_target(handle.target) for handle in members))).most_common()),
    )


def _hanging(snapshot: Snapshot, members: Sequence[Handle]) -> list[int]:
    """The owner of each, or what has its number."""
    raw = snapshot.derive(RawHolders)
    numbers = [found.source for handle in members if not handle.owners and (found := raw.get(handle.fd))]
    return [handle.owners[0].index for handle in members if handle.owners] + numbers


def _root(snapshot: Snapshot, kept: Retention | None) -> str | None:
    if kept is None or kept.path is None:
        return None
    return root_text(snapshot, kept.path.root, kept.path.steps[0] if kept.path.steps else None)
