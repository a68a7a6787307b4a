"""Who has an open descriptor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.holder import holder_text
from pyhandles.findings.raw import RawHolders
from pyhandles.findings.retention import retention

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


def descriptor_holder(snapshot: Snapshot, fd: int) -> str | None:
    """``Connection.sock``, the holder of its first owner; of a number that no object owns, who likely has it."""
    owners = snapshot.derive(Claims).owners(fd)
    if owners:
        return holder_text(snapshot, retention(snapshot, owners[0].object))
    raw = snapshot.derive(RawHolders).get(fd)
    return f"{raw.text(snapshot)} (likely)" if raw else None
