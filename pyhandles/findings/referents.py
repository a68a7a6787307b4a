"""What an object refers to, in groups that its author would name: attributes, items, variables."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pyhandles.findings.describe import Described, describe, item_kinds
from pyhandles.format import LabelKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyhandles.snapshot import Snapshot

_GROUPS = {
    LabelKind.ATTRIBUTE: "attributes",
    LabelKind.SLOT: "attributes",
    LabelKind.GLOBAL: "globals",
    LabelKind.LOCAL: "locals",
    LabelKind.CLOSURE: "closure",
}
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Referent:
    label: str
    object: Described


def referents(snapshot: Snapshot, rows: Iterable[int]) -> tuple[Referent, ...]:
    """The references at ``rows``, as they are in the file."""
    return tuple(_referent(snapshot, row, int(snapshot.targets[row])) for row in rows)


def groups(snapshot: Snapshot, index: int, limit: int | None) -> dict[str, tuple[Referent, ...]]:
    """``attributes``, ``globals``, ``locals``, ``closure`` variables and ``items``; at most ``limit`` of each.

    Values are told, not the dicts, tuples and cells in which they lie.
    """
    found: dict[str, list[Referent]] = {}
    wanted = item_kinds(snapshot, index) or set()
    for row in islice(_named_rows(snapshot, index, _MAX_DEPTH), None if limit is None else limit * len(_GROUPS)):
        kind = snapshot.label(row).kind
        group = found.setdefault("items" if kind in wanted else _GROUPS.get(kind, "items"), [])
        if limit is None or len(group) < limit:
            group.append(_referent(snapshot, row, _value(snapshot, int(snapshot.targets[row]))))
    return {name: tuple(group) for name, group in found.items()}


def _named_rows(snapshot: Snapshot, index: int, depth: int) -> Iterator[int]:
    """References of the object that have a group, with those of its dict and of its closure."""
    wanted = item_kinds(snapshot, index) or set()
    for row in snapshot.rows_of(index):
        label = snapshot.label(row)
        if label.kind in wanted or label.kind in _GROUPS:
            yield row
        elif label.kind == LabelKind.MEMBER and label.name in {"__dict__", "__closure__"} and depth:
            yield from _named_rows(snapshot, int(snapshot.targets[row]), depth - 1)


def _value(snapshot: Snapshot, index: int) -> int:
    """What a cell holds; other objects stand for themselves."""
    if snapshot.type_name(index) == "cell":
        for row in snapshot.rows_of(index):
            if snapshot.label(row).name == "cell_contents":
                return int(snapshot.targets[row])
    return index


def _referent(snapshot: Snapshot, row: int, target: int) -> Referent:
    return Referent(snapshot.label(row).text, describe(snapshot, target))
