"""How many objects there are of each type, and how large they are together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pyhandles.findings.pages import Page, page
from pyhandles.format import NOTHING

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

Grouping = Literal["type", "module"]
UNKNOWN = "object"


@dataclass(frozen=True, slots=True)
class Count:
    """The objects of one type, or of all types of one module.

    name: ``module.qualname`` of the type, or the module's. types: how many types of that name have objects.
    size: bytes, what the objects refer to not included. share: of the whole heap's bytes, from 0 to 1.
    address: the type's; None for a module, and where several types have this name.
    """

    by: Grouping
    name: str
    count: int
    size: int
    share: float
    types: int
    address: int | None


def counts(
    snapshot: Snapshot,
    *,
    by: Grouping = "type",
    by_size: bool = False,
    among: np.ndarray | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> Page[Count]:
    """Every type, or module of types, that has objects; most objects first, or most bytes.

    among: count these only, and a share is one of their bytes; shape (n_objects,), bool.
    Cost: one pass over the objects with numpy, then one over the types.
    """
    grouped: dict[str, list[int]] = {}
    numbers, sizes, types = _by_type(snapshot, slice(None) if among is None else among)
    for position, type_index in enumerate(types.tolist()):
        grouped.setdefault(_name(snapshot, type_index, by), []).append(position)
    totals = [
        (name, int(numbers[positions].sum()), int(sizes[positions].sum()), positions)
        for name, positions in grouped.items()
    ]
    totals.sort(key=lambda each: (-each[2], -each[1], each[0]) if by_size else (-each[1], -each[2], each[0]))
    whole = sum(size for _, _, size, _ in totals)

    def make(each: tuple[str, int, int, list[int]]) -> Count:
        name, count, size, positions = each
        only = int(types[positions[0]]) if by == "type" and len(positions) == 1 else NOTHING
        address = None if only == NOTHING else int(snapshot.addresses[only])
        return Count(by, name, count, size, size / whole if whole else 0.0, len(positions), address)

    return page(totals, make, limit=limit, offset=offset)


def _by_type(snapshot: Snapshot, among: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Objects and bytes of each type that has objects, and the types' indices; what has no type is `NOTHING`'s."""
    last = snapshot.n_objects
    types = snapshot.types[among]
    types = np.where(types == NOTHING, np.uint32(last), types)
    numbers = np.bincount(types, minlength=last + 1)
    sizes = np.bincount(types, weights=snapshot.sizes[among], minlength=last + 1)
    present = np.flatnonzero(numbers)
    return numbers[present], sizes[present], np.where(present == last, NOTHING, present)


def _name(snapshot: Snapshot, type_index: int, by: Grouping) -> str:
    if by == "type":
        return UNKNOWN if type_index == NOTHING else snapshot.name_of_type(type_index)
    record = None if type_index == NOTHING else snapshot.type_records.of(type_index)
    return (record.module if record else None) or "builtins"
