"""What a verdict is given on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.retention import Retention, retention
from pyhandles.findings.wording import retention_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import OwnerRecord


@dataclass(frozen=True, slots=True)
class Case:
    """A descriptor number, objects, or both. ``kept``: how the first object is."""

    snapshot: Snapshot
    fd: int | None
    indices: tuple[int, ...]
    kept: Retention | None

    @property
    def owner(self) -> OwnerRecord | None:
        """What the first object owns."""
        return self.snapshot.owners.of(self.indices[0]) if self.indices else None

    @property
    def way(self) -> tuple[str, ...]:
        """The path, down to where the object itself would come; empty where the object is a root."""
        return way_to(self.snapshot, self.kept, self.indices[0]) if self.kept else ()


def case(snapshot: Snapshot, indices: Sequence[int], fd: int | None = None) -> Case:
    """The case of a descriptor number and its owners, or of an object and the number that it owns."""
    if fd is None and indices:
        owner = snapshot.owners.of(indices[0])
        claims = snapshot.derive(Claims)
        if owner and any(owner.object == each.object for each in claims.owners(owner.fd)):
            fd = owner.fd
    return Case(snapshot, fd, tuple(indices), retention(snapshot, indices[0]) if indices else None)


def way_to(snapshot: Snapshot, kept: Retention, index: int) -> tuple[str, ...]:
    """From the root, or around the loop, down to where the object itself would come."""
    if kept.path and not kept.path.steps:
        return ()
    return tuple(retention_texts(snapshot, kept, index)[:-1])
