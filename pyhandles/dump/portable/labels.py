"""What each reference is called.

The collector's own protocol says to what an object refers, not how: the labeller of
the object's family says that, from what Python shows of it, and the two are matched by identity. What no labeller
explains is still a reference, without a name.

Nothing here runs code of the program: attributes are read by the descriptors of C, on exactly the types that have
them, and keys are neither hashed nor compared. Instances get a dict that had none, so this is for the child, when the
references are known.
"""

from __future__ import annotations

import gc
from array import array
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable.shortcuts import make_shortcuts
from pyhandles.format import LABEL_KIND_SHIFT, LabelKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyhandles.dump.portable.families import Context
    from pyhandles.dump.portable.plans import Plan
    from pyhandles.dump.portable.walk import Heap

_ATTRIBUTE = LabelKind.ATTRIBUTE.value
_TYPE, _UNKNOWN = (each.value << LABEL_KIND_SHIFT for each in (LabelKind.TYPE, LabelKind.UNKNOWN))
_MADE_BY_PYTHON = (int, float, str, bytes, type(None))
"""Types of objects that Python makes of a field of C's that holds none."""


def label_references(heap: Heap, context: Context, plans: dict[int, Plan]) -> array[int]:
    """The label of each reference of the heap. Cost: linear in the references."""
    labels = array("I")
    start = 0
    objects, targets = heap.objects, heap.targets
    shortcuts = make_shortcuts(heap, context, plans)
    for index, (kind, end) in enumerate(zip(heap.kinds, heap.ends, strict=True)):
        if end > start:
            each = objects[index]
            shortcut = shortcuts.get(kind)
            found = shortcut(each, targets[start:end]) if shortcut else None
            if found:
                labels.extend(found)
            else:
                referents = [objects[target] for target in targets[start:end]]
                labels.extend(_labels(each, referents, context, plans[kind]))
        start = end
    for row, known in heap.known.items():
        labels[row] = known
    return labels


def _labels(each: Any, referents: list[Any], context: Context, plan: Plan) -> list[int]:
    expected: dict[int, int] = {}
    more: dict[int, list[int]] = {}
    for address, known in _expected(each, referents, context, plan):
        if address in expected:
            more.setdefault(address, []).append(known)
        else:
            expected[address] = known
    own_type = type(each)
    labels = []
    for ordinal, target in enumerate(referents):
        address = id(target)
        found = expected.pop(address, None)
        if found is None:
            found = _TYPE if target is own_type else _UNKNOWN | ordinal
        elif address in more:
            expected[address] = more[address].pop(0)
            if not more[address]:
                del more[address]
        labels.append(found)
    return labels


def _expected(each: Any, referents: list[Any], context: Context, plan: Plan) -> Iterator[tuple[int, int]]:
    if plan.labeller:
        yield from plan.labeller(context, each, referents)
    for field in plan.fields:
        try:
            value = field.read(each)
        except (AttributeError, TypeError):
            continue
        if field.is_exact or not issubclass(type(value), _MADE_BY_PYTHON):
            yield id(value), field.label
    if plan.namespace:
        yield from _namespace(each, referents, context, plan.namespace, has_values=plan.has_values)


def _namespace(
    each: Any, referents: list[Any], context: Context, read: Callable[[Any], Any], *, has_values: bool
) -> Iterator[tuple[int, int]]:
    namespace = read(each)
    is_reported = any(target is namespace for target in referents)
    if is_reported:
        yield id(namespace), context.member("__dict__")
    # An instance keeps its attributes itself where it had no dict, or where the dict only shows them (since 3.13).
    if has_values and namespace and not (is_reported and gc.get_referents(namespace)):
        for name, value in dict.items(namespace):
            yield id(value), context.keys.attribute_label(name, _ATTRIBUTE)
