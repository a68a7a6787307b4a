"""The ledger: the account of every open descriptor. Each stands in one class, and the classes add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.raw import RawHolders
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot

CLASSES = ("shared", "owned", "garbage", "standard", "inherited", "raw", "native")
"""A descriptor's class is the first that fits.

shared: two or more reachable objects own it. owned: one does. garbage: only unreachable ones do. standard (0 to 2),
inherited: nothing owns it, and it is the same file as when pyhandles was installed. raw: an integer in a place that is
called like a descriptor has its number. native: none of these.
"""

STANDARD = {0: "standard input", 1: "standard output", 2: "standard error"}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The answer to ``ledger``.

    total: how many descriptors are open, the sum of ``classes``. limit: the soft limit; None if there is none.
    classes: each of `CLASSES` → how many. kinds: class → kind → how many, most first. stale: how many objects believe
        to own a descriptor that is closed, or is something else by now.
    """

    total: int
    limit: int | None
    classes: Mapping[str, int]
    stale: int
    kinds: Mapping[str, Mapping[str, int]]


def ledger(snapshot: Snapshot) -> Ledger:
    """Sum up the classes of all open descriptors. Costs a search over the heap, which other answers share."""
    claims = snapshot.derive(Claims)
    kinds: dict[str, Counter[str]] = {name: Counter() for name in CLASSES}
    for fd, descriptor in claims.descriptors.items():
        kinds[class_of(snapshot, fd)][kind_of(descriptor)] += 1
    soft = snapshot.header.limits["soft"]
    return Ledger(
        total=len(claims.descriptors),
        limit=soft if soft is not None and soft >= 0 else None,
        classes={name: counts.total() for name, counts in kinds.items()},
        stale=len(claims.stale),
        kinds={name: dict(counts.most_common()) for name, counts in kinds.items() if counts},
    )


def class_of(snapshot: Snapshot, fd: int) -> str:
    """The class of an open descriptor, one of `CLASSES`."""
    claims = snapshot.derive(Claims)
    owners = claims.owners(fd)
    if owners:
        return _by_owners(snapshot, [owner.object for owner in owners])
    if claims.descriptors[fd].start == 1:
        return "standard" if fd in STANDARD else "inherited"
    return "raw" if fd in snapshot.derive(RawHolders) else "native"


def _by_owners(snapshot: Snapshot, owners: list[int]) -> str:
    roots = snapshot.derive(Roots)
    reachable = sum(not roots.is_garbage(index) for index in owners)
    if reachable > 1:
        return "shared"
    # During a collection, what is garbage cannot be told from what is only being looked at.
    return "owned" if reachable or snapshot.header.gc["collecting"] else "garbage"
