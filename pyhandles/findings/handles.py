"""The list of handles: what the kernel has open, joined to the objects that claim it."""

from __future__ import annotations

from dataclasses import dataclass

from pyhandles.snapshot import Snapshot


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
    raise NotImplementedError
