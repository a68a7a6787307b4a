"""The walk: every object that the collector knows, and whatever they refer to, each once."""

from __future__ import annotations

import gc
import itertools
import sys
import weakref
from array import array
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable.classes import TAKES_PART, flags_of, is_heap_type
from pyhandles.dump.portable.strings import label
from pyhandles.format import LABEL_UNCOUNTED, SATURATED, LabelKind, ObjectFlag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from pyhandles.dump.portable.frames import FrameReader

_MOST = 1 << 31 if sys.version_info >= (3, 12) else SATURATED
"""Counts from here on are those of immortal objects, or do not fit."""
_MODULES_TELL_OF_FREE_OBJECTS = sys.version_info[:2] == (3, 12)
_globals_of = vars(ModuleType)["__dict__"].__get__
_AT_ONCE = 1 << 12
"""So many objects are read at once: few enough to stay in the processor's cache meanwhile."""

# As plain numbers: an enumeration's own operators cost more than all the rest of the walk.
_TRACKED, _COLLECTABLE, _COLLECTING = int(ObjectFlag.TRACKED), int(ObjectFlag.COLLECTABLE), int(ObjectFlag.COLLECTING)
_IN_A_LIST = _TRACKED | _COLLECTABLE

_LEAF, _CONTAINER, _WEAK, _TYPE = range(4)
"""How the objects of a type are read."""


class Tracked:
    """What stands in the collector's lists at this moment, before the capture makes objects of its own.

    hidden: the flag of what stands in a list and is not found here.
    """

    def __init__(self, *, may_unfreeze: bool) -> None:
        old, middle, young = gc.get_objects(2), gc.get_objects(1), gc.get_objects(0)
        frozen: list[object] = []
        has_frozen = gc.get_freeze_count() > 0
        if has_frozen and may_unfreeze:
            gc.unfreeze()
            frozen = gc.get_objects(2)
        # Python shows what is frozen in no other way.
        self.hidden = _TRACKED | ObjectFlag.FROZEN.value if has_frozen and not may_unfreeze else _COLLECTING
        self.lists: tuple[tuple[list[object], int], ...] = (
            (old, _IN_A_LIST | ObjectFlag.GENERATION_2.value),
            (middle, _IN_A_LIST | ObjectFlag.GENERATION_1.value),
            (young, _IN_A_LIST),
            (frozen, _IN_A_LIST | ObjectFlag.FROZEN.value),
        )
        self.own = {id(each) for each in (self, old, middle, young, frozen)}

    def release(self) -> None:
        """Give up the references to the objects."""
        self.lists = ()


class Heap:
    """Objects in the order of discovery, and the references of each.

    Holds one reference to each object, and so must nothing else of the capture while references are counted.
    kinds: the index of each object's type. targets: indices of objects. ends: where each object's references end in
    it. known: labels that the walk itself has found, by the reference's place in ``targets``.
    """

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.index: dict[int, int] = {}
        self.flags = array("H")
        self.kinds = array("I")
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

    def add_all(self, candidates: list[object], flags: int = 0) -> list[int]:
        """The index of each of many objects; those that are new are added with these flags."""
        index, addresses = self.index, list(map(id, candidates))
        places = list(map(index.get, addresses))
        if None not in places:
            return places  # type: ignore[return-value] # as has just been seen
        triples = zip(addresses, candidates, places, strict=True)
        new = {address: each for address, each, place in triples if place is None}
        index.update(zip(new, itertools.count(len(self.objects))))
        self.objects += new.values()
        self.flags.extend(array("H", [flags]) * len(new))
        return [index[address] if place is None else place for address, place in zip(addresses, places, strict=True)]


def add_tracked(heap: Heap, tracked: Tracked) -> None:
    """Add what stood in the collector's lists, and say in which."""
    for found, flag in tracked.lists:
        for start in range(0, len(found), _AT_ONCE):
            several = [each for each in found[start : start + _AT_ONCE] if id(each) not in tracked.own]
            before = len(heap.objects)
            for place in heap.add_all(several, flag):
                if place < before and not heap.flags[place] & _TRACKED:
                    heap.flags[place] |= flag


def read_objects(heap: Heap, frames: Sequence[FrameType], reader: FrameReader, hidden: int) -> None:
    """Find every reference. The frames that run are the first objects.

    Thousands of objects at once, by functions of C that take them all. Cost: linear in objects and references.
    """
    manners: dict[int, int] = {}
    while len(heap.ends) < len(heap.objects):
        first = len(heap.ends)
        several = heap.objects[first : first + _AT_ONCE] if first >= len(frames) else frames[first : first + 1]
        kinds = _kinds(heap, several, manners)
        referents = _referents(heap, several, first)
        own_labels: dict[int, list[int]] = {}
        """Of the references at the end of some objects, which the collector is not told of."""
        if first < len(frames):
            own_labels[0] = _refer(referents[0], _frame(heap, frames[first], reader))
        for number in itertools.compress(range(len(several)), map(manners.__getitem__, kinds)):
            each: Any = several[number]
            manner = manners[kinds[number]]
            if not heap.flags[first + number] & _TRACKED and (manner != _TYPE or is_heap_type(each)):
                heap.flags[first + number] |= _COLLECTABLE if not gc.is_tracked(each) else _COLLECTABLE | hidden
            if manner == _WEAK:
                own_labels[number] = _refer(referents[number], _weak_reference(each))
        ends = itertools.accumulate(map(len, referents), initial=len(heap.targets))
        heap.ends.extend(itertools.islice(ends, 1, None))
        heap.targets.extend(heap.add_all(list(itertools.chain.from_iterable(referents))))
        for number, labels in own_labels.items():
            end = heap.ends[first + number]
            heap.known.update(zip(range(end - len(labels), end), labels, strict=True))


def _referents(heap: Heap, several: Sequence[object], first: int) -> list[list[Any]]:
    """What each of them, objects of the heap from ``first`` on, tells the collector.

    The ``_asyncio`` module of 3.12 tells of its list of free objects. A reference to one, given back, frees it once
    more, and the list would be a ring from then on, in which the collector never comes to an end.
    """
    module = sys.modules.get("_asyncio") if _MODULES_TELL_OF_FREE_OBJECTS else None
    if module is None or not first <= heap.index.get(id(module), -1) < first + len(several):
        return list(map(gc.get_referents, several))
    return [[_globals_of(each)] if each is module else gc.get_referents(each) for each in several]


def _kinds(heap: Heap, several: Sequence[object], manners: dict[int, int]) -> list[int]:
    """The addresses of some objects' types, which are told by them: to hash a class may be to run code of its own."""
    kinds = list(map(id, map(type, several)))
    for address, kind in dict(zip(kinds, map(type, several), strict=True)).items():
        if address not in manners:
            manners[address] = _manner(kind)
            heap.add(kind)
    heap.kinds.extend(map(heap.index.__getitem__, kinds))
    return kinds


def _refer(referents: list[object], more: Iterable[tuple[object, int]]) -> list[int]:
    """Add references whose labels are known, and give these."""
    labels = []
    for target, known in more:
        referents.append(target)
        labels.append(known)
    return labels


def _manner(kind: type) -> int:
    if not flags_of(kind) & TAKES_PART:
        return _LEAF
    if issubclass(kind, type):
        return _TYPE
    return _WEAK if issubclass(kind, weakref.ref) else _CONTAINER


def forgive_own(heap: Heap) -> None:
    """What the capture itself has made meanwhile, and now stands in a list, is not being collected."""
    for each in gc.get_objects(0):
        place = heap.index.get(id(each))
        if place is not None:
            heap.flags[place] &= ~_COLLECTING


def _weak_reference(reference: weakref.ref[object]) -> Iterator[tuple[object, int]]:
    target = weakref.ref.__call__(reference)
    if target is not None:
        yield target, label(LabelKind.WEAK, 0) | LABEL_UNCOUNTED


def _frame(heap: Heap, frame: FrameType, reader: FrameReader) -> Iterator[tuple[object, int]]:
    yield from reader.references(frame)
    for address, known in reader.candidates(frame):
        place = heap.index.get(address)
        if place is not None:
            yield heap.objects[place], known


def reference_counts(objects: Iterable[object]) -> array[int]:
    """How many references there are to each object, but for those of the list and of the counting itself."""
    [own] = map(sys.getrefcount, [object()])
    return array("I", (count - own if count < _MOST else SATURATED for count in map(sys.getrefcount, objects)))
