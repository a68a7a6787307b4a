"""What has grown from one snapshot to the next: by signature first, by type second, never by address.

An address is used again for another object, so that one which stands in both snapshots says nothing. What two
snapshots have in common is the shape in which handles are kept, and the names of types.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pyhandles.errors import PyhandlesError
from pyhandles.findings.clusters import Cluster, clusters
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.ledger import ledger
from pyhandles.findings.summary import finite
from pyhandles.findings.tally import owner_types, tally, type_name
from pyhandles.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the snapshots.

    time: when all was as it has it, in seconds since 1970. kinds, classes: of what was open, as in ``ledger``.
    soft_limit: None if there is none.
    """

    name: str
    time: float
    trigger: str
    pid: int
    argv: tuple[str, ...]
    python: str
    open: int
    kinds: Mapping[str, int]
    classes: Mapping[str, int]
    soft_limit: int | None
    objects: int


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """Handles that are kept in one way, and how many there were each time.

    counts: one for each snapshot, the oldest first. change: ``new``, ``grown``, ``shrunk`` or ``gone``, from the first
    to the last. every_time: whether there were more in each snapshot than in the one before.
    cluster: as it is in the last snapshot that has it.
    """

    counts: tuple[int, ...]
    change: str
    every_time: bool
    cluster: Cluster


@dataclass(frozen=True, slots=True)
class TypeGrowth:
    """A type that has more objects in the last snapshot than in the first.

    type: ``module.qualname``, ``builtins.`` left out. counts, every_time: as in `ClusterChange`. owner: some own a
    descriptor, or have an owner or a wrapper of one as an attribute.
    """

    type: str
    counts: tuple[int, ...]
    every_time: bool
    owner: bool


@dataclass(frozen=True, slots=True)
class Diff:
    """The answer to ``diff``.

    snapshots: the oldest first, by the time of their capture. notes: what is to be known before two are compared, in
    sentences: whether they are of one process, and what makes them differ that is no growth.
    clusters: those that have grown, those that did so every time first, then the rest that have changed; None where
    signatures cannot be compared. types: those that have grown, in the same order, those of handles' owners first.
    """

    snapshots: tuple[Compared, ...]
    notes: tuple[str, ...]
    clusters: tuple[ClusterChange, ...] | None
    types: tuple[TypeGrowth, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """What of a snapshot is compared, kept when the snapshot itself is not.

    process: its number, and where a module lies that every process has: the same in one process only.
    """

    compared: Compared
    minor: tuple[str, int]
    writer: str
    process: tuple[int, int | None]
    clusters: Mapping[str, Cluster]
    types: Mapping[str, int]
    owners: frozenset[str]


def compare(snapshots: Iterable[Snapshot | str]) -> Diff:
    """Compare two snapshots or more, open ones and files.

    One file is opened after the other, and only what is compared is kept of it.
    Raises: SnapshotError; PyhandlesError where one file is given twice.
    """
    snapshots = list(snapshots)
    _refuse_twice([each if isinstance(each, str) else each.name for each in snapshots])
    accounts = []
    for each in snapshots:
        opened = Snapshot.open(each) if isinstance(each, str) else each
        accounts.append(account(opened))
        if opened is not each:
            opened.forget()
    return diff(accounts)


def account(snapshot: Snapshot) -> Account:
    """What of the snapshot is compared. Cost: that of `clusters`, and linear in objects and references."""
    header = snapshot.header
    process, python = header.process, header.python
    return Account(
        compared=Compared(
            name=snapshot.name,
            time=header.moment,
            trigger=header.trigger,
            pid=process["pid"],
            argv=tuple(process["argv"] or ()),
            python=python["version"],
            open=len(snapshot.descriptors),
            kinds=dict(Counter(map(kind_of, snapshot.descriptors)).most_common()),
            classes=ledger(snapshot).classes,
            soft_limit=finite(header.limits["soft"]),
            objects=snapshot.n_objects,
        ),
        minor=(python["implementation"], python["hexversion"] >> 16),
        writer=header.writer,
        process=(process["pid"], _landmark(snapshot)),
        clusters={each.signature: each for each in clusters(snapshot)},
        types=tally(snapshot),
        owners=frozenset(type_name(snapshot, type_) for type_ in owner_types(snapshot)),
    )


def diff(accounts: Sequence[Account]) -> Diff:
    """Compare two snapshots or more, in whatever order they are given."""
    ordered = sorted(accounts, key=lambda each: each.compared.time)
    comparable = len({each.minor for each in ordered}) == 1
    return Diff(
        snapshots=tuple(each.compared for each in ordered),
        notes=tuple(_notes(accounts, ordered)),
        clusters=tuple(_cluster_changes(_told_alike(ordered))) if comparable else None,
        types=tuple(_type_growth(ordered)),
    )


def _refuse_twice(paths: Sequence[str]) -> None:
    for place, path in enumerate(paths):
        if any(_is_same(path, other) for other in paths[:place]):
            raise PyhandlesError(f"{path} is named twice", "Name another snapshot to compare it with.", exit_code=2)


def _is_same(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except (OSError, ValueError):  # What cannot be opened says so itself.
        return path == other


def _landmark(snapshot: Snapshot) -> int | None:
    """The address of the module ``builtins``, which differs from process to process."""
    found = next((module.object for module in snapshot.modules if module.name == "builtins"), None)
    return None if found is None else int(snapshot.addresses[found])


def _told_alike(ordered: Sequence[Account]) -> list[Mapping[str, Cluster]]:
    """The clusters of each; both ends of pairs are one cluster in all of them or in none."""
    alone = {signature for each in ordered for signature, cluster in each.clusters.items() if not cluster.ends}
    return [
        {
            part.signature: part
            for cluster in each.clusters.values()
            for part in (cluster.ends if alone.intersection(cluster.signatures) and cluster.ends else (cluster,))
        }
        for each in ordered
    ]


def _cluster_changes(ordered: Sequence[Mapping[str, Cluster]]) -> list[ClusterChange]:
    latest = {signature: cluster for each in ordered for signature, cluster in each.items()}
    changes = []
    for signature, cluster in latest.items():
        counts = tuple(each[signature].count if signature in each else 0 for each in ordered)
        if counts[0] != counts[-1]:
            changes.append(ClusterChange(counts, _change(counts), _is_growing(counts), cluster))
    return sorted(
        changes, key=lambda each: (not each.every_time, each.counts[0] - each.counts[-1], each.cluster.signature)
    )


def _change(counts: Sequence[int]) -> str:
    if counts[-1] > counts[0]:
        return "grown" if counts[0] else "new"
    return "shrunk" if counts[-1] else "gone"


def _type_growth(ordered: Sequence[Account]) -> list[TypeGrowth]:
    owners = frozenset.union(*(each.owners for each in ordered))
    grown = []
    for name in ordered[-1].types:
        counts = tuple(each.types.get(name, 0) for each in ordered)
        if counts[-1] > counts[0]:
            grown.append(TypeGrowth(name, counts, _is_growing(counts), name in owners))
    return sorted(
        grown, key=lambda each: (not each.every_time, not each.owner, each.counts[0] - each.counts[-1], each.type)
    )


def _is_growing(counts: Sequence[int]) -> bool:
    return all(after > before for before, after in pairwise(counts))


def _notes(given: Sequence[Account], ordered: Sequence[Account]) -> Iterable[str]:
    if list(given) != list(ordered):
        yield "The oldest comes first, by the time of capture, not by the order in which they were named."
    yield _process_note(ordered)
    if len({each.compared.argv for each in ordered if each.compared.argv}) > 1:
        yield "Their command lines differ: what is new may be another program's."
    if len({each.minor for each in ordered}) > 1:
        versions = ", ".join(dict.fromkeys(each.compared.python.split()[0] for each in ordered))
        yield f"They are of different Pythons ({versions}), whose signatures cannot be compared: types alone are."
    if len({each.writer for each in ordered}) > 1:
        writers = " and ".join(dict.fromkeys(each.writer for each in ordered))
        yield f"They are from different collectors ({writers}), of which one sees more: that alone is a difference."
    facts = [(replace(each.compared, name=""), each.process) for each in ordered]
    if any(before == after for before, after in pairwise(facts)):
        yield "Two of the files are copies of one snapshot."


def _process_note(ordered: Sequence[Account]) -> str:
    pids = list(dict.fromkeys(each.process[0] for each in ordered))
    if len({each.process for each in ordered}) == 1:
        return (
            f"All are of one process, pid {pids[0]}."
            if len(ordered) > 2
            else f"Both are of one process, pid {pids[0]}."
        )
    if len(pids) == 1:
        return f"They are of different processes, all with pid {pids[0]}."
    return f"They are of different processes: pid {', '.join(map(str, pids))}."
