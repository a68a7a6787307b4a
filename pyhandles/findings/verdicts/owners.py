"""What those who claim a descriptor say of it: several own it, it is another's by now, it waits to be closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.holder import holder_text
from pyhandles.findings.retention import retention
from pyhandles.format import OwnerFlag
from pyhandles.graph.folding import Folding
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.findings.verdicts.case import Case
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Shared:
    """owners: those that a root reaches. holders: who holds each of them, ``Pool.idle[3]``; None where not known."""

    owners: tuple[Described, ...]
    holders: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """now: the kind of what stands at the number by now; None if it is closed."""

    fd: int
    now: str | None


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A makefile() object, the outermost of its layers, and who holds it."""

    object: Described
    holder: str | None


@dataclass(frozen=True, slots=True)
class Closing:
    """files: how many makefile() objects close() waits for. objects: those that the snapshot has."""

    files: int
    objects: tuple[LiveFile, ...]


@dataclass(frozen=True, slots=True)
class KeptOpen:
    """It was closed, and is not gone. sort: the kind that `closed` tells. text: a sentence; evidence: its grounds."""

    sort: str
    text: str
    evidence: tuple[str, ...]


def shared(of: Case) -> Shared | None:
    if of.fd is None:
        return None
    roots = of.snapshot.derive(Roots)
    owners = [owner.object for owner in of.snapshot.derive(Claims).owners(of.fd)]
    reachable = [index for index in owners if not roots.is_garbage(index)]
    if len(reachable) < 2:
        return None
    return Shared(
        tuple(describe(of.snapshot, index) for index in reachable),
        tuple(holder_text(of.snapshot, retention(of.snapshot, index)) for index in reachable),
    )


def stale(of: Case) -> Stale | None:
    claims = of.snapshot.derive(Claims)
    owner = of.owner
    if owner is None or not claims.is_stale(owner):
        return None
    descriptor = claims.descriptors.get(owner.fd)
    return Stale(owner.fd, kind_of(descriptor) if descriptor else None)


def closing(of: Case) -> Closing | None:
    owner = of.owner
    if owner is None or not owner.flags & OwnerFlag.CLOSING:
        return None
    return Closing(max(owner.uses, 0), tuple(_live_files(of.snapshot, owner.object)))


def _live_files(snapshot: Snapshot, socket: int) -> Iterator[LiveFile]:
    folding = snapshot.derive(Folding)
    for below in folding.referrers(socket):
        if snapshot.type_name(below.source) == "socket.SocketIO" and snapshot.label(below.row).name == "_sock":
            outermost = below.source
            while layers := [
                above.source
                for above in folding.referrers(outermost)
                if snapshot.type_name(above.source).startswith("_io.")
            ]:
                outermost = layers[0]
            yield LiveFile(describe(snapshot, outermost), holder_text(snapshot, retention(snapshot, outermost)))
