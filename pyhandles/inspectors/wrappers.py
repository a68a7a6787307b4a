"""Telling wrappers from the objects that a user would recognise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.format import NOTHING
from pyhandles.inspectors.families import WRAPPERS

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_MAX_BASES = 64


class Wrappers:
    """Which objects of a snapshot are wrappers: instances of a known type or of a subclass of one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._by_type: dict[int, bool] = {NOTHING: False}

    def __contains__(self, index: int) -> bool:
        type_index = self._snapshot.type_index(index)
        if type_index not in self._by_type:
            self._by_type[type_index] = any(
                self._snapshot.name_of_type(base) in WRAPPERS for base in bases(self._snapshot, type_index)
            )
        return self._by_type[type_index]


def bases(snapshot: Snapshot, type_index: int) -> list[int]:
    """The type itself, its first base, that one's first base, and so on."""
    chain: list[int] = []
    while type_index != NOTHING and type_index not in chain and len(chain) < _MAX_BASES:
        chain.append(type_index)
        record = snapshot.type_records.of(type_index)
        type_index = NOTHING if record is None else record.base
    return chain
