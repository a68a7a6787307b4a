"""What an inspector sees of a heap: types by name, fields by name, and what refers to an object."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pyhandles.format import NOTHING, LabelKind
from pyhandles.inspectors.wrappers import Lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pyhandles.snapshot import Snapshot

_FIELDS = {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER}
_MOST_REFERRERS = 24


class Step(Protocol):
    """A reference, folded: the objects between an instance and its attribute are left out."""

    @property
    def source(self) -> int: ...

    @property
    def row(self) -> int: ...


class Place(NamedTuple):
    """An object that has another in the field ``name``; the name is empty where it is no field but an item, say."""

    source: int
    name: str


class Lens:
    """``referrers`` gives the folded references to an object: the search behind it belongs to the graph."""

    def __init__(self, snapshot: Snapshot, referrers: Callable[[int], Iterable[Step]]) -> None:
        self.snapshot: Snapshot = snapshot
        self._referrers = referrers
        self._lineage = snapshot.derive(Lineage)

    def lineage(self, index: int) -> tuple[str, ...]:
        """The names of the object's type and of its bases, the type's own first."""
        return self._lineage.of_object(index)

    def is_a(self, index: int | None, *types: str) -> bool:
        """Whether the object is an instance of one of the types, or of a subclass."""
        return index is not None and not set(types).isdisjoint(self.lineage(index))

    def places(self, index: int) -> Iterator[Place]:
        """Where the object lies; not more than the first few places."""
        for step in islice(self._referrers(index), _MOST_REFERRERS):
            label = self.snapshot.label(step.row)
            yield Place(step.source, label.name if label.kind in _FIELDS else "")

    def field(self, index: int, name: str) -> int | None:
        """What the attribute, the slot or the member called ``name`` refers to; None where there is no such one."""
        for source in (index, self._namespace(index)):
            for row in () if source is None else self.snapshot.rows_of(source):
                label = self.snapshot.label(row)
                if label.name == name and label.kind in _FIELDS:
                    return int(self.snapshot.targets[row])
        return None

    def is_none(self, index: int, name: str) -> bool:
        """Whether the field is there and refers to None."""
        value = self.field(index, name)
        return value is not None and self.snapshot.type_name(value) == "NoneType"

    def is_set(self, index: int, name: str) -> bool:
        """Whether the field is there and refers to something else than None."""
        value = self.field(index, name)
        return value is not None and self.snapshot.type_name(value) != "NoneType"

    def short_type(self, index: int) -> str:
        """The type's name without its module."""
        type_index = self.snapshot.type_index(index)
        record = None if type_index == NOTHING else self.snapshot.type_records.of(type_index)
        return (record and record.qualname) or "object"

    def _namespace(self, index: int) -> int | None:
        """The object's ``__dict__``, where it is an object of its own."""
        for row in self.snapshot.rows_of(index):
            label = self.snapshot.label(row)
            if label.kind == LabelKind.MEMBER and label.name == "__dict__":
                return int(self.snapshot.targets[row])
        return None
