"""Owners joined to the descriptors whose numbers they claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.descriptors import kind_of
from pyhandles.format import OwnerFlag, OwnerKind
from pyhandles.graph.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Descriptor, OwnerRecord

KINDS_BY_OWNER = {
    OwnerKind.SOCKET: {"socket"},
    OwnerKind.EPOLL: {"epoll"},
    OwnerKind.SCANDIR: {"dir"},
    OwnerKind.MMAP: {"file", "memfd", "device"},
}
"""What an owner's descriptor can be; a file object can stand on any."""


class Claims:
    """Who claims what. Take it with ``snapshot.derive(Claims)``.

    An object that borrows its descriptor (``closefd=False``) is no owner. One whose number is closed, or belongs to
    something that it cannot own, is stale.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.descriptors: dict[int, Descriptor] = {
            descriptor.fd: descriptor for descriptor in sorted(snapshot.descriptors, key=lambda each: each.fd)
        }
        self.stale: list[OwnerRecord] = []
        self._owners: dict[int, list[OwnerRecord]] = {}
        for owner in snapshot.owners:
            if not owner.flags & OwnerFlag.BORROWED and not is_closed(owner):
                claims = self._owners.setdefault(owner.fd, []) if self._fits(owner) else self.stale
                claims.append(owner)

    def _fits(self, owner: OwnerRecord) -> bool:
        descriptor = self.descriptors.get(owner.fd)
        if descriptor is None:
            return False
        kinds = KINDS_BY_OWNER.get(OwnerKind(owner.kind))
        return kinds is None or kind_of(descriptor) in kinds

    def owners(self, fd: int) -> Sequence[OwnerRecord]:
        """Owners of an open descriptor, those that a root reaches first."""
        owners = self._owners.get(fd, [])
        if len(owners) < 2:
            return owners
        roots = self._snapshot.derive(Roots)
        return sorted(owners, key=lambda owner: roots.is_garbage(owner.object))

    def owned_by(self, is_wanted: np.ndarray) -> tuple[int, ...]:
        """The open descriptors with an owner among these objects: shape (n_objects,), bool."""
        return tuple(fd for fd in self.descriptors if any(is_wanted[owner.object] for owner in self.owners(fd)))

    def is_stale(self, owner: OwnerRecord) -> bool:
        return owner in self.stale


def is_closed(owner: OwnerRecord) -> bool:
    return owner.fd < 0 or bool(owner.flags & OwnerFlag.CLOSED)
