"""The list of handles: what the kernel has open, joined to the objects that claim it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims, is_closed
from pyhandles.findings.descriptors import kind_of, target_of
from pyhandles.findings.holder import holder_text
from pyhandles.findings.retention import retention
from pyhandles.format import OwnerFlag, OwnerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import OwnerRecord


@dataclass(frozen=True, slots=True)
class Owner:
    index: int
    address: int
    type: str


@dataclass(frozen=True, slots=True)
class Handle:
    """One row of ``io list``.

    ``fd`` is None for an owner whose descriptor is closed or belongs to something else by now.
    ``class_`` (JSON: ``class``) and ``opened_at`` are None until something fills them.
    """

    fd: int | None
    kind: str
    target: str
    owners: tuple[Owner, ...]
    holder: str | None
    class_: str | None
    state: str
    inheritable: bool
    opened_at: str | None

    @property
    def owner(self) -> str | None:
        """Type of the first owner."""
        return self.owners[0].type if self.owners else None

    @property
    def address(self) -> int | None:
        """Address of the first owner."""
        return self.owners[0].address if self.owners else None


def handles(snapshot: Snapshot) -> list[Handle]:
    """One row for each open descriptor, ascending, then one for each stale owner."""
    return list(snapshot.derive(_all_handles))


def _all_handles(snapshot: Snapshot) -> tuple[Handle, ...]:
    claims = snapshot.derive(Claims)
    open_ones = [handle_of_descriptor(snapshot, fd) for fd in claims.descriptors]
    return (*open_ones, *(_handle_without_descriptor(snapshot, owner) for owner in claims.stale))


def handle_of_descriptor(snapshot: Snapshot, fd: int) -> Handle:
    """The handle of an open descriptor."""
    claims = snapshot.derive(Claims)
    descriptor = claims.descriptors[fd]
    owners = claims.owners(fd)
    return Handle(
        fd=fd,
        kind=kind_of(descriptor),
        target=target_of(descriptor),
        owners=_owners(snapshot, owners),
        holder=_holder(snapshot, owners),
        class_=None,
        state="closing" if any(owner.flags & OwnerFlag.CLOSING for owner in owners) else "open",
        inheritable=descriptor.cloexec == 0,
        opened_at=None,
    )


def handle_of_owner(snapshot: Snapshot, index: int) -> Handle | None:
    """The handle that the object at ``index`` owns or owned; None if it is no owner."""
    owner = snapshot.owners.of(index)
    if owner is None or owner.flags & OwnerFlag.BORROWED:
        return None
    if is_closed(owner) or snapshot.derive(Claims).is_stale(owner):
        return _handle_without_descriptor(snapshot, owner)
    return handle_of_descriptor(snapshot, owner.fd)


def _handle_without_descriptor(snapshot: Snapshot, owner: OwnerRecord) -> Handle:
    return Handle(
        fd=None,
        kind=_KINDS[OwnerKind(owner.kind)],
        target="-" if is_closed(owner) else f"was fd {owner.fd}",
        owners=_owners(snapshot, [owner]),
        holder=_holder(snapshot, [owner]),
        class_=None,
        state="closed" if is_closed(owner) else "stale",
        inheritable=False,
        opened_at=None,
    )


_KINDS = {
    OwnerKind.FILE: "file",
    OwnerKind.SOCKET: "socket",
    OwnerKind.EPOLL: "epoll",
    OwnerKind.MMAP: "file",
    OwnerKind.SCANDIR: "dir",
}


def _owners(snapshot: Snapshot, owners: Sequence[OwnerRecord]) -> tuple[Owner, ...]:
    return tuple(
        Owner(owner.object, int(snapshot.addresses[owner.object]), snapshot.type_name(owner.object)) for owner in owners
    )


def _holder(snapshot: Snapshot, owners: Sequence[OwnerRecord]) -> str | None:
    if not owners:
        return None
    index = owners[0].object
    return holder_text(snapshot, index, retention(snapshot, index))
