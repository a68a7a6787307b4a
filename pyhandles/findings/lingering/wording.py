"""What several findings say in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptor_holder import descriptor_holder
from pyhandles.findings.descriptors import target_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot

_MOST = 6


def listed(items: Sequence[object], most: int = _MOST) -> str:
    """``7``, ``7 and 8``, ``7, 8 and 9``, ``7, 8, 9 and 21 more``."""
    told = [str(item) for item in items]
    if len(told) > most:
        told = [*told[:most], f"{len(told) - most:,} more"]
    return " and ".join(text for text in (", ".join(told[:-1]), told[-1]) if text)


def fds_text(fds: Sequence[int]) -> str:
    """``fd 7``, ``fds 7, 8 and 9``."""
    return f"fd{'s' * (len(fds) > 1)} {listed(fds)}"


def held_text(snapshot: Snapshot, fd: int) -> str:
    """``fd 7, held by Connection.sock``."""
    holder = descriptor_holder(snapshot, fd)
    return f"fd {fd}, held by {holder}" if holder else f"fd {fd}"


def target(snapshot: Snapshot, fd: int) -> str:
    return target_of(snapshot.derive(Claims).descriptors[fd])


def local_of(snapshot: Snapshot, fd: int) -> str | None:
    return snapshot.derive(Claims).descriptors[fd].local or None


def plural(count: int, noun: str) -> str:
    """``1 socket``, ``3 sockets``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
