"""Both ends of a pipe or a socket pair that leak together: one cause, and not one for each end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.ends import other_end
from pyhandles.findings.shapes import signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyhandles.findings.clusters import Cluster
    from pyhandles.snapshot import Snapshot

_NAMES = {"socket": "socket pair", "pipe": "pipe", "fifo": "fifo"}


def with_pairs(snapshot: Snapshot, clusters: Sequence[Cluster]) -> list[Cluster]:
    """The clusters, of which two become one where each has the other ends of the other, in the order of their first.

    That is so where all other ends that are in this process lie there, most handles have one, and the ledger has both
    in one class. What has been closed of a few pairs, or is in another process, makes no two causes of one. Of each it
    is told how many pairs lie in it as a whole. Cost: linear in what is open.
    """
    of = {fd: place for place, cluster in enumerate(clusters) for fd in cluster.fds}
    ends = {fd: found for fd in of if (found := _pair_ends(snapshot, fd))}
    partners = [_partner(cluster, of, ends) for cluster in clusters]
    united: list[Cluster] = []
    for place, cluster in enumerate(clusters):
        other = partners[place]
        is_pair = other is not None and partners[other] == place and clusters[other].class_ == cluster.class_
        if other is None or other == place or not is_pair:
            united.append(_counted(snapshot, cluster, ends))
        elif place < other:
            united.append(_counted(snapshot, _united(cluster, clusters[other]), ends))
    return united


def _pair_ends(snapshot: Snapshot, fd: int) -> tuple[int, ...]:
    """The other ends in this process of a pipe or socket pair; those of a connection leak for reasons of their own."""
    descriptor = snapshot.derive(Claims).descriptors[fd]
    kind = kind_of(descriptor)
    if kind not in _NAMES or (kind == "socket" and (descriptor.family != 1 or descriptor.local or descriptor.peer)):
        return ()
    end = other_end(snapshot, fd)
    return tuple(other for other in end.fds if other != fd) if end else ()


def _partner(cluster: Cluster, of: Mapping[int, int], ends: Mapping[int, tuple[int, ...]]) -> int | None:
    """The place of the cluster in which the other ends lie, which may be this one; None where they lie in several."""
    paired = [fd for fd in cluster.fds if fd in ends]
    places = {of[other] for fd in paired for other in ends[fd]}
    return places.pop() if len(places) == 1 and 2 * len(paired) > cluster.count else None


def _united(one: Cluster, other: Cluster) -> Cluster:
    """What is told of one end holds for the other; the reference to cut is told of both, where it is not the same."""
    first, second = sorted((one, other), key=_order)
    shape = ("both ends", *min(one.shape, other.shape), "and", *max(one.shape, other.shape))
    return replace(
        first,
        signature=signature(shape),
        shape=shape,
        count=one.count + other.count,
        share=None if one.share is None or other.share is None else one.share + other.share,
        fds=tuple(sorted((*one.fds, *other.fds))),
        kinds=_sum(one.kinds, other.kinds),
        accumulation=first.accumulation or second.accumulation,
        cut=_cut(first.cut, second.cut),
        opened_at=_sum(first.opened_at, second.opened_at),
        role=first.role if first.role == second.role else None,
        advice=first.advice if first.advice == second.advice else None,
        targets=_sum(first.targets, second.targets),
        ends=(first, second),
    )


def _order(cluster: Cluster) -> tuple[int, tuple[str, ...]]:
    """What says most comes first; of two that say as much, the shape decides, so that it is the same every time."""
    facts = (cluster.path, cluster.accumulation, cluster.cut, cluster.role, cluster.opened_at)
    return (-sum(map(bool, facts)), cluster.shape)


def _cut(first: str | None, second: str | None) -> str | None:
    if first and second and first != second:
        return f"{first}; for the other ends {second}"
    return first or second


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict((Counter(one) + Counter(other)).most_common())


def _counted(snapshot: Snapshot, cluster: Cluster, ends: Mapping[int, tuple[int, ...]]) -> Cluster:
    text = _text(snapshot, cluster.fds, ends)
    return replace(cluster, both_ends=text) if text else cluster


def _text(snapshot: Snapshot, fds: Iterable[int], ends: Mapping[int, tuple[int, ...]]) -> str | None:
    """``60 socket pairs and 3 pipes``; None where no pair is among the descriptors as a whole."""
    descriptors = snapshot.derive(Claims).descriptors
    inside = set(fds)
    pairs = {}
    for fd in inside & ends.keys():
        files = {descriptors[each].inode for each in (fd, *ends[fd]) if each in inside}
        if inside & set(ends[fd]):
            pairs[frozenset(files)] = kind_of(descriptors[fd])
    counts = Counter(pairs.values())
    texts = [
        f"{counts[kind]:,} {name}" + ("s" if counts[kind] > 1 else "") for kind, name in _NAMES.items() if counts[kind]
    ]
    return " and ".join(texts) or None
