"""The list of handles: what the kernel has open, joined to the objects that claim it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims, is_closed
from pyhandles.findings.companions import NONE, Companions, companions
from pyhandles.findings.descriptor_holder import descriptor_holder
from pyhandles.findings.descriptors import kind_of, target_of
from pyhandles.findings.holder import holder_text
from pyhandles.findings.ledger import class_of
from pyhandles.findings.openings import opened_at
from pyhandles.findings.pages import Page, page
from pyhandles.findings.retention import retention
from pyhandles.findings.roles import role_of
from pyhandles.format import OwnerFlag, OwnerKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Descriptor, OwnerRecord


@dataclass(frozen=True, slots=True)
class Owner:
    index: int
    address: int
    type: str


@dataclass(frozen=True, slots=True)
class Handle:
    """One row of ``io list``.

    ``fd`` is None for an owner whose descriptor is closed or belongs to something else by now.
    ``class_`` (JSON: ``class``) is the ledger's, None without a descriptor. The ``holder`` of a number that no object
    owns is a likely one, and says so. ``opened_at``: ``file:line in function``, None where that was not recorded.
    role: what a library uses it for, ``standard output of a subprocess.Popen …``; None where that is not known.
    companions: its other end, and who else has the same open file.
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
    role: str | None = None
    companions: Companions = NONE

    @property
    def owner(self) -> str | None:
        """Type of the first owner."""
        return self.owners[0].type if self.owners else None

    @property
    def address(self) -> int | None:
        """Address of the first owner."""
        return self.owners[0].address if self.owners else None


@dataclass(frozen=True, slots=True)
class HandleList:
    """Some of the rows; ``kinds`` and ``stale`` count all that were asked for, open ones by kind, most first.

    ends: whether the other end of each is to be shown.
    """

    page: Page[Handle]
    kinds: Mapping[str, int]
    stale: int
    ends: bool = False


def handle_list(
    snapshot: Snapshot,
    *,
    class_: str | None = None,
    kind: str | None = None,
    inheritable: bool = False,
    ends: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> HandleList:
    """The rows of this class and of this kind, in the order of `handles`; only what is shown is worked out in full.

    inheritable: only descriptors that `exec` hands over.
    """
    claims = snapshot.derive(Claims)
    kinds = {
        fd: kind_of(descriptor)
        for fd, descriptor in claims.descriptors.items()
        if (kind is None or kind_of(descriptor) == kind) and (is_inheritable(descriptor) or not inheritable)
    }
    if class_ is not None:
        kinds = {fd: each for fd, each in kinds.items() if class_of(snapshot, fd) == class_}
    stale = [] if inheritable or class_ else [each for each in claims.stale if kind in {None, _kind_of_owner(each)}]

    def make(each: int | OwnerRecord) -> Handle:
        return (
            handle_of_descriptor(snapshot, each)
            if isinstance(each, int)
            else _handle_without_descriptor(snapshot, each)
        )

    counts = dict(Counter(kinds.values()).most_common())
    asked: list[int | OwnerRecord] = [*kinds, *stale]
    empty = "none is of that class and kind" if class_ or kind else "no descriptor was open"
    empty = "none of these is inheritable" if inheritable else empty
    return HandleList(page(asked, make, limit=limit, offset=offset, empty=empty), counts, len(stale), ends)


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
        holder=descriptor_holder(snapshot, fd),
        class_=class_of(snapshot, fd),
        state="closing" if any(owner.flags & OwnerFlag.CLOSING for owner in owners) else "open",
        inheritable=is_inheritable(descriptor),
        opened_at=opened_at(snapshot, fd),
        role=_role(snapshot, fd, owners),
        companions=companions(snapshot, fd),
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
        kind=_kind_of_owner(owner),
        target="-" if is_closed(owner) else f"was fd {owner.fd}",
        owners=_owners(snapshot, [owner]),
        holder=_holder(snapshot, [owner]),
        class_=None,
        state="closed" if is_closed(owner) else "stale",
        inheritable=False,
        opened_at=None,
        role=_role(snapshot, None, [owner]),
    )


def is_inheritable(descriptor: Descriptor) -> bool:
    """Whether `exec` hands it over."""
    return descriptor.cloexec == 0


def _kind_of_owner(owner: OwnerRecord) -> str:
    return _KINDS[OwnerKind(owner.kind)]


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
    index = owners[0].object
    return holder_text(snapshot, retention(snapshot, index))


def _role(snapshot: Snapshot, fd: int | None, owners: Sequence[OwnerRecord]) -> str | None:
    role = role_of(snapshot, fd, [owner.object for owner in owners])
    return None if role is None else role.text
