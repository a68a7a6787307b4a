"""The first page: what was captured, when, why, and how full the descriptor table was."""

from __future__ import annotations

import errno
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import is_closed
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.failed_call import FailedCall, failed_call
from pyhandles.findings.growth import Growth, growth
from pyhandles.findings.lingering.closed import closed_kinds
from pyhandles.findings.misuses import misuse_kinds
from pyhandles.format import OwnerFlag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Collector:
    enabled: bool
    thresholds: tuple[int, ...]
    counts: tuple[int, ...]
    collections: tuple[int, ...]
    collecting: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """The answer to ``summary``.

    time: seconds since 1970. errno: its name, ``EMFILE``. soft_limit, hard_limit: None if there is none.
    kinds: of the open descriptors. owners: types of the objects that own one. Both with most first.
    grown: since pyhandles was installed; None where it took no census. misuse: of descriptors, kind → how often; None
    where nothing was recorded. closed: what `closed` tells of, kind → how often. failed_call: whose error the snapshot
    was made for, where it has an address.
    """

    trigger: str
    errno: str | None
    time: float
    pid: int
    argv: tuple[str, ...]
    python: str
    objects: int
    references: int
    open: int
    soft_limit: int | None
    hard_limit: int | None
    limit_met: str | None
    kinds: Mapping[str, int]
    owners: Mapping[str, int]
    gc: Collector
    grown: tuple[Growth, ...] | None = None
    misuse: Mapping[str, int] | None = None
    closed: Mapping[str, int] | None = None
    failed_call: FailedCall | None = None


def summary(snapshot: Snapshot) -> Summary:
    """Sum the snapshot up. Costs little more than opening it did, except where `closed` has something to tell."""
    header = snapshot.header
    gc = header.gc
    return Summary(
        trigger=header.trigger,
        errno=None if header.errno is None else errno.errorcode.get(header.errno, str(header.errno)),
        time=header.time,
        pid=header.process["pid"],
        argv=tuple(header.process["argv"] or ()),
        python=header.python["version"],
        objects=snapshot.n_objects,
        references=snapshot.n_references,
        open=len(snapshot.descriptors),
        soft_limit=finite(header.limits["soft"]),
        hard_limit=finite(header.limits["hard"]),
        limit_met=header.limits["met"],
        kinds=_most_first(kind_of(descriptor) for descriptor in snapshot.descriptors),
        owners=_most_first(_owner_types(snapshot)),
        gc=Collector(
            enabled=gc["enabled"],
            thresholds=tuple(gc["thresholds"]),
            counts=tuple(gc["counts"]),
            collections=tuple(gc["collections"]),
            collecting=gc["collecting"],
        ),
        grown=growth(snapshot),
        misuse=None if header.recorder is None else misuse_kinds(snapshot),
        closed=closed_kinds(snapshot),
        failed_call=failed_call(snapshot),
    )


def finite(limit: int | None) -> int | None:
    """The file has a number below 0 for "unlimited"."""
    return None if limit is None or limit < 0 else limit


def _owner_types(snapshot: Snapshot) -> Iterable[str]:
    open_numbers = {descriptor.fd for descriptor in snapshot.descriptors}
    for owner in snapshot.owners:
        if owner.fd in open_numbers and not is_closed(owner) and not owner.flags & OwnerFlag.BORROWED:
            yield snapshot.type_name(owner.object)


def _most_first(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
