"""Labels of the commonest objects in one step, where nothing has to be matched.

Most objects of a program are lists, tuples, dicts with names for keys, and plain instances. These report what Python
shows of them in an order that Python shows, too. A shortcut makes sure of that for each object, and gives the labels
of all its references; or None, where it is not so.
"""

from __future__ import annotations

import gc
import operator
from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LABEL_VALUE_MASK, LabelKind

if TYPE_CHECKING:
    from pyhandles.dump.portable.families import Context
    from pyhandles.dump.portable.plans import Plan
    from pyhandles.dump.portable.walk import Heap

Shortcut = Callable[[Any, "array[int]"], "array[int] | None"]
"""From an object, and the indices of what it refers to."""

_ATTRIBUTE, _GLOBAL = LabelKind.ATTRIBUTE.value, LabelKind.GLOBAL.value
_ITEM, _TYPE = (each.value << LABEL_KIND_SHIFT for each in (LabelKind.ITEM, LabelKind.TYPE))
_MOST_ITEMS = 64
"""The labels of so many are kept ready."""
_MOST_KEYS = 1 << 16
_MOST_SHAPES = 1000


def make_shortcuts(heap: Heap, context: Context, plans: dict[int, Plan]) -> dict[int, Shortcut]:
    """By the indices of the types."""
    exact: dict[int, Shortcut] = {
        id(list): _Items(list([object(), object()])),  # noqa: C410 - each is made as its type makes it
        id(tuple): _closures_apart(_Items((object(), object())), context),
        id(dict): _Dicts(heap, context),
    }
    shortcuts = {heap.index[address]: each for address, each in exact.items() if address in heap.index}
    for kind, plan in plans.items():
        if plan.namespace and plan.has_values and not plan.labeller and not plan.fields:
            shortcuts[kind] = _Instances(heap, context, kind, plan.namespace)
    return shortcuts


class _Items:
    """Of lists or tuples, which report their items from the last one on."""

    def __init__(self, probe: list[object] | tuple[object, ...]) -> None:
        self._is_known = gc.get_referents(probe) == [probe[1], probe[0]]
        self._ready = [_backwards(count) for count in range(_MOST_ITEMS)]

    def __call__(self, each: Any, targets: array[int]) -> array[int] | None:
        count = len(each)
        if len(targets) != count or not self._is_known:
            return None
        return self._ready[count] if count < _MOST_ITEMS else _backwards(count)


def _backwards(count: int) -> array[int]:
    if count <= LABEL_VALUE_MASK:
        return array("I", range(_ITEM + count - 1, _ITEM - 1, -1))
    return array("I", (_ITEM | min(place, LABEL_VALUE_MASK) for place in range(count - 1, -1, -1)))


def _closures_apart(items: Shortcut, context: Context) -> Shortcut:
    closures = context.roles.closures

    def tuples(each: Any, targets: array[int]) -> array[int] | None:
        return None if id(each) in closures else items(each, targets)

    return tuples


class _Dicts:
    """Of dicts that report their values alone, in their order."""

    def __init__(self, heap: Heap, context: Context) -> None:
        self._object_at = heap.objects.__getitem__
        self._roles = context.roles
        keys = context.keys
        self._values = _Ready(keys.value_label)
        self._attributes = _Ready(lambda key: keys.attribute_label(key, _ATTRIBUTE))
        self._globals = _Ready(lambda key: keys.attribute_label(key, _GLOBAL))

    def __call__(self, each: Any, targets: array[int]) -> array[int] | None:
        if id(each) == self._roles.interned:
            # It holds what any text of the program may be, and its references are not counted.
            return array("I", range(LABEL_UNCOUNTED, LABEL_UNCOUNTED + len(targets)))
        if len(each) != len(targets) or not all(map(operator.is_, each.values(), map(self._object_at, targets))):
            return None
        if id(each) in self._roles.globals:
            ready = self._globals
        else:
            ready = self._attributes if id(each) in self._roles.attributes else self._values
        return ready.labels(each)


class _Ready:
    """Labels that have been made for keys, by the keys' addresses."""

    def __init__(self, make: Callable[[Any], int]) -> None:
        self._make = make
        self._known: dict[int, int] = {}

    def labels(self, keys: Iterable[Any]) -> array[int]:
        found = list(map(self._known.get, map(id, keys)))
        if None in found:
            if len(self._known) > _MOST_KEYS:
                self._known.clear()
            found = [self._label(key) for key in keys]
        return array("I", found)  # type: ignore[arg-type]

    def _label(self, key: Any) -> int:
        known = self._known.get(id(key))
        if known is None:
            known = self._known[id(key)] = self._make(key)
        return known


class _Instances:
    """Of one class's instances that keep their attributes themselves, or have a dict; their type comes last."""

    def __init__(self, heap: Heap, context: Context, kind: int, read: Callable[[Any], Any]) -> None:
        self._object_at = heap.objects.__getitem__
        self._keys = context.keys
        self._kind = kind
        self._read = read
        self._with_dict = array("I", [context.member("__dict__"), _TYPE])
        self._known: dict[tuple[int, ...], array[int]] = {}
        """The labels for the names of the attributes, by the addresses of these."""

    def __call__(self, each: Any, targets: array[int]) -> array[int] | None:
        namespace = self._read(each)
        if type(namespace) is not dict or targets[-1] != self._kind:
            return None
        values, count = namespace.values(), len(targets) - 1
        if count == 1 and self._object_at(targets[0]) is namespace:
            return self._with_dict
        is_plain = len(values) == count and all(map(operator.is_, values, map(self._object_at, targets)))
        return self._attributes(namespace) if is_plain else None

    def _attributes(self, namespace: dict[Any, Any]) -> array[int]:
        names = tuple(map(id, namespace))
        known = self._known.get(names)
        if known is None:
            if len(self._known) > _MOST_SHAPES:
                self._known.clear()
            labels = [self._keys.attribute_label(name, _ATTRIBUTE) for name in namespace]
            known = self._known[names] = array("I", [*labels, _TYPE])
        return known
