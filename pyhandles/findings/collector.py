"""Why the garbage collector has not freed what no root reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.format import ObjectFlag

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


def collector_text(snapshot: Snapshot, index: int) -> str:
    """The end of a sentence on a garbage object: ``the garbage collector is disabled, so nothing will close it``."""
    gc = snapshot.header.gc
    if not gc["enabled"] or not any(gc["thresholds"][:1]):
        return "the garbage collector is disabled, so nothing frees it"
    if snapshot.flags[index] & ObjectFlag.FROZEN:
        return "it is frozen (gc.freeze), so the garbage collector passes it by"
    generation = _generation(snapshot, index)
    times = gc["collections"][generation] if generation < len(gc["collections"]) else 0
    ran = "has not run yet" if not times else f"ran {times:,} times, but not since it became garbage"
    return f"the garbage collector is enabled, but in generation {generation}, where it waits, {ran}"


def _generation(snapshot: Snapshot, index: int) -> int:
    flags = int(snapshot.flags[index])
    if flags & ObjectFlag.GENERATION_2:
        return 2
    return 1 if flags & ObjectFlag.GENERATION_1 else 0
