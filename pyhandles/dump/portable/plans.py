"""What is known of each type, worked out once: who labels its objects, and where its fields are."""

from __future__ import annotations

from types import GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from pyhandles.dump.portable.classes import MANAGED_DICT, flags_of, mro_of, proxy_of
from pyhandles.dump.portable.families import Labeller, family_of, is_explained
from pyhandles.format import LabelKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.dump.portable.strings import Strings
    from pyhandles.dump.portable.walk import Heap


class Field(NamedTuple):
    """One field of a type's objects.

    read: gives the value, or raises AttributeError. is_exact: whether the object read is the one that is held; a field
    of C's may be a number that Python makes an object of.
    """

    read: Callable[[Any], Any]
    label: int
    is_exact: bool


class Plan(NamedTuple):
    """What is known of one type.

    namespace: reads an instance's dict, or makes it. has_values: whether instances may keep their attributes
    themselves, without a dict.
    """

    labeller: Labeller | None
    fields: tuple[Field, ...]
    namespace: Callable[[Any], Any] | None
    has_values: bool


def plans_of(heap: Heap, strings: Strings) -> dict[int, Plan]:
    """The plans of all types of a heap, by their indices.

    They hold references to types: not to be made before references are counted.
    """
    return {kind: _plan(heap.objects[kind], strings) for kind in set(heap.kinds)}


def _plan(kind: type, strings: Strings) -> Plan:
    fields = [field for each in mro_of(kind) if not is_explained(each) for field in _fields(each, strings)]
    has_own = not issubclass(kind, (type, ModuleType))
    return Plan(
        labeller=family_of(kind),
        fields=tuple(fields),
        namespace=_namespace_reader(kind) if has_own else None,
        has_values=bool(flags_of(kind) & MANAGED_DICT),
    )


def _fields(kind: type, strings: Strings) -> list[Field]:
    namespace = proxy_of(kind)
    is_slot = "__slots__" in namespace
    label = LabelKind.SLOT if is_slot else LabelKind.MEMBER
    return [
        Field(each.__get__, strings.label(label, each.__name__), is_slot)
        for each in namespace.values()
        if type(each) is MemberDescriptorType and each.__objclass__ is kind
    ]


def _namespace_reader(kind: type) -> Callable[[Any], Any] | None:
    for each in mro_of(kind):
        descriptor = proxy_of(each).get("__dict__")
        if type(descriptor) in {GetSetDescriptorType, MemberDescriptorType}:
            read: Callable[[Any], Any] = descriptor.__get__
            return read
    return None
