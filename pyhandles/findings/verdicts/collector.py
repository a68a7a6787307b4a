"""Why the garbage collector has not freed what no root reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.format import ObjectFlag

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Wait:
    """What a garbage object waits for.

    reason: ``disabled``; ``frozen``: by ``gc.freeze()``; ``generation``: for the next collection of ``generation``,
    which has been collected ``collections`` times.
    """

    reason: str
    generation: int
    collections: int


def wait(snapshot: Snapshot, index: int) -> Wait:
    gc = snapshot.header.gc
    generation = _generation(snapshot, index)
    collections = gc["collections"][generation] if generation < len(gc["collections"]) else 0
    if not gc["enabled"] or not any(gc["thresholds"][:1]):
        reason = "disabled"
    elif snapshot.flags[index] & ObjectFlag.FROZEN:
        reason = "frozen"
    else:
        reason = "generation"
    return Wait(reason, generation, collections)


def _generation(snapshot: Snapshot, index: int) -> int:
    flags = int(snapshot.flags[index])
    if flags & ObjectFlag.GENERATION_2:
        return 2
    return 1 if flags & ObjectFlag.GENERATION_1 else 0
