"""The address that could not be had, where the snapshot was made for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.addresses import collide

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


def wanted_address(snapshot: Snapshot) -> str | None:
    """What a `bind` that failed was given; None where there was none."""
    failed = snapshot.header.failed_call
    return failed["address"] if failed and failed["call"] == "bind" else None


def is_wanted(snapshot: Snapshot, address: str | None) -> bool:
    """Whether what has this address was in the way of that `bind`."""
    return collide(wanted_address(snapshot), address)
