"""Telling wrappers, and what the standard library keeps for itself, from the objects that a user would recognise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.format import NOTHING, LabelKind
from pyhandles.inspectors.families import LIBRARY, WRAPPERS

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_MAX_BASES = 64


class Lineage:
    """The types of a snapshot with their bases, by name. Take it with ``snapshot.derive(Lineage)``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._by_type: dict[int, tuple[str, ...]] = {NOTHING: ()}

    def of_object(self, index: int) -> tuple[str, ...]:
        """The names of the object's type and of all its bases, in the order in which a method is looked for."""
        type_index = self._snapshot.type_index(index)
        names = self._by_type.get(type_index)
        if names is None:
            names = tuple(self._snapshot.name_of_type(base) for base in _order(self._snapshot, type_index))
            self._by_type[type_index] = names
        return names


class Wrappers:
    """Which objects of a snapshot are wrappers: instances of a known type or of a subclass of one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._lineage = snapshot.derive(Lineage)
        self._by_type: dict[int, bool] = {}

    def __contains__(self, index: int) -> bool:
        type_index = self._snapshot.type_index(index)
        if type_index not in self._by_type:
            self._by_type[type_index] = not WRAPPERS.isdisjoint(self._lineage.of_object(index))
        return self._by_type[type_index]

    def is_of_library(self, index: int) -> bool:
        """Whether a library made the object for its own use: of these very types, for a subclass is the user's."""
        return self._snapshot.type_name(index) in LIBRARY


def _order(snapshot: Snapshot, type_index: int) -> list[int]:
    """The type's ``__mro__``; where the snapshot has none, as of a type that was never made ready, the first bases."""
    for row in snapshot.rows_of(type_index):
        label = snapshot.label(row)
        if label.kind == LabelKind.MEMBER and label.name == "__mro__":
            items = sorted((snapshot.label(item).value, item) for item in snapshot.rows_of(int(snapshot.targets[row])))
            order = [int(snapshot.targets[item]) for _, item in items]
            if type_index in order:
                return [each for each in order if snapshot.type_records.of(each)]
    return bases(snapshot, type_index)


def bases(snapshot: Snapshot, type_index: int) -> list[int]:
    """The type itself, its first base, that one's first base, and so on."""
    chain: list[int] = []
    while type_index != NOTHING and type_index not in chain and len(chain) < _MAX_BASES:
        chain.append(type_index)
        record = snapshot.type_records.of(type_index)
        type_index = NOTHING if record is None else record.base
    return chain
