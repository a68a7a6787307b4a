"""The walk: every object that the collector knows, and whatever they refer to, each once."""

from __future__ import annotations

import gc
import sys
import weakref
from array import array
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable.classes import TAKES_PART, flags_of, is_heap_type
from pyhandles.dump.portable.strings import label
from pyhandles.format import LABEL_UNCOUNTED, SATURATED, LabelKind, ObjectFlag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import FrameType

    from pyhandles.dump.portable.frames import FrameReader

_HAS_IMMORTALS = sys.version_info >= (3, 12)
_IMMORTAL = 1 << 31

# As plain numbers: an enumeration's own operators cost more than all the rest of the walk.
_TRACKED, _COLLECTABLE, _COLLECTING = int(ObjectFlag.TRACKED), int(ObjectFlag.COLLECTABLE), int(ObjectFlag.COLLECTING)

_LEAF, _CONTAINER, _WEAK, _TYPE = range(4)
"""How the objects of a type are read."""


class Tracked:
    """What stands in the collector's lists at this moment, before the capture makes objects of its own."""

    def __init__(self) -> None:
        old, middle, young = gc.get_objects(2), gc.get_objects(1), gc.get_objects(0)
        frozen: list[object] = []
        if gc.get_freeze_count():
            gc.unfreeze()  # in the child, for which nothing comes after
            frozen = gc.get_objects(2)
        self.lists: tuple[tuple[list[object], int], ...] = (
            (old, _TRACKED | ObjectFlag.GENERATION_2.value),
            (middle, _TRACKED | ObjectFlag.GENERATION_1.value),
            (young, _TRACKED),
            (frozen, _TRACKED | ObjectFlag.FROZEN.value),
        )
        self.own = {id(each) for each in (self, old, middle, young, frozen)}

    def release(self) -> None:
        """Give up the references to the objects."""
        self.lists = ()


class Heap:
    """Objects in the order of discovery, and the references of each.

    Holds one reference to each object, and so must nothing else of the capture while references are counted.
    targets: indices of objects. ends: where each object's references end in it. known: labels that the walk itself
    has found, by the reference's place in ``targets``.
    """

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.index: dict[int, int] = {}
        self.flags = array("H")
        self.ends = array("I")
        self.targets = array("I")
        self.known: dict[int, int] = {}

    def add(self, candidate: object) -> int:
        """The index of an object, added if it is new."""
        index = self.index.setdefault(id(candidate), len(self.objects))
        if index == len(self.objects):
            self.objects.append(candidate)
            self.flags.append(0)
        return index

    def refer(self, target: object, known: int) -> None:
        """Add a reference of the object being read, with its label."""
        self.known[len(self.targets)] = known
        self.targets.append(self.add(target))


def add_tracked(heap: Heap, tracked: Tracked) -> None:
    """Add what stood in the collector's lists, and say in which."""
    for found, flag in tracked.lists:
        for each in found:
            if id(each) not in tracked.own:
                place = heap.add(each)
                if not heap.flags[place] & _TRACKED:
                    heap.flags[place] |= flag


def read_objects(heap: Heap, frames: Sequence[FrameType], reader: FrameReader) -> None:
    """Find every reference. The frames that run are the first objects. Cost: linear in objects and references."""
    index, objects, flags = heap.index, heap.objects, heap.flags
    targets, ends = heap.targets, heap.ends
    manners: dict[type, int] = {}
    for each in objects:  # it grows meanwhile
        kind = type(each)
        manner = manners.get(kind)
        if manner is None:
            manner = manners[kind] = _manner(kind)
            heap.add(kind)
        if manner:
            for target in gc.get_referents(each):
                address = id(target)
                place = index.get(address)
                if place is None:
                    place = index[address] = len(objects)
                    objects.append(target)
                    flags.append(0)
                targets.append(place)
            if manner != _TYPE or is_heap_type(each):  # static types take no part
                flags[len(ends)] |= _collectable(each, flags[len(ends)] & _TRACKED)
            if manner == _WEAK:
                _weak_reference(heap, each)
        if len(ends) < len(frames):
            _frame(heap, frames[len(ends)], reader)
        ends.append(len(targets))


def _manner(kind: type) -> int:
    if not flags_of(kind) & TAKES_PART:
        return _LEAF
    if issubclass(kind, type):
        return _TYPE
    return _WEAK if issubclass(kind, weakref.ref) else _CONTAINER


def _collectable(each: object, is_listed: int) -> int:
    if is_listed or not gc.is_tracked(each):
        return _COLLECTABLE
    # In a list, but in none of the collector's own: it is being collected.
    return _COLLECTABLE | _COLLECTING


def forgive_own(heap: Heap) -> None:
    """What the capture itself has made meanwhile, and now stands in a list, is not being collected."""
    for each in gc.get_objects(0):
        place = heap.index.get(id(each))
        if place is not None:
            heap.flags[place] &= ~_COLLECTING


def _weak_reference(heap: Heap, reference: weakref.ref[object]) -> None:
    target = weakref.ref.__call__(reference)
    if target is not None:
        heap.refer(target, label(LabelKind.WEAK, 0) | LABEL_UNCOUNTED)


def _frame(heap: Heap, frame: FrameType, reader: FrameReader) -> None:
    for target, known in reader.references(frame):
        heap.refer(target, known)
    for address, known in reader.candidates(frame):
        place = heap.index.get(address)
        if place is not None:
            heap.refer(heap.objects[place], known)


def reference_counts(objects: Iterable[object]) -> array[int]:
    """How many references there are to each object, but for those of the list and of the counting itself."""
    [own] = map(sys.getrefcount, [object()])
    counts = array("I")
    for count in map(sys.getrefcount, objects):
        is_immortal = _HAS_IMMORTALS and count & _IMMORTAL
        counts.append(SATURATED if is_immortal else min(count - own, SATURATED))
    return counts
