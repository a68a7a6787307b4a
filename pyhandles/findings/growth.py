"""What has grown since pyhandles was installed with a census: types that have more objects now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.tally import owner_types, tally
from pyhandles.format import NOTHING, ObjectFlag

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Growth:
    """``type``: its module and the last part of its name, ``builtins.`` left out.

    before, now: how many objects of it the collector tracked. owner: some own a descriptor, or have an owner or a
    wrapper of one as an attribute.
    """

    type: str
    before: int
    now: int
    owner: bool


def growth(snapshot: Snapshot) -> tuple[Growth, ...] | None:
    """The types that have grown, those of handles' owners first, then by growth; None where no census was taken.

    A census counts what ``gc.get_objects()`` gives, so objects that are not tracked, or frozen, do not count here
    either. Cost: linear in objects and references.
    """
    if not len(snapshot.census):
        return None
    before = {row.type or "": row.count for row in snapshot.census}
    owners = {_counted_name(snapshot, type_) for type_ in owner_types(snapshot)}
    is_counted = (snapshot.flags & (ObjectFlag.TRACKED | ObjectFlag.FROZEN)) == ObjectFlag.TRACKED
    grown = [
        Growth(name.removeprefix("builtins."), before.get(name, 0), now, name in owners)
        for name, now in tally(snapshot, among=is_counted, name=_counted_name).items()
        if now > before.get(name, 0)
    ]
    return tuple(sorted(grown, key=lambda each: (not each.owner, each.before - each.now, each.type)))


def _counted_name(snapshot: Snapshot, type_index: int) -> str:
    """As objgraph has it: the module and ``__name__``."""
    record = None if type_index == NOTHING else snapshot.type_records.of(type_index)
    if record is None:
        return "builtins.object"
    name = (record.qualname or "?").rpartition(".")[2]
    return f"{record.module}.{name}" if record.module else name
