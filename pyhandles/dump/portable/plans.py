"""What is known of each type, worked out once: who labels its objects, and where its fields are."""

from __future__ import annotations

from types import GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from pyhandles.dump.portable.classes import MANAGED_DICT, flags_of, mro_of, proxy_of
from pyhandles.dump.portable.families import EXPLAINED, Labeller, family_of
from pyhandles.format import LabelKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.dump.portable.strings import Strings


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


class Plans:
    """The plans of one snapshot. Hold references to types: not to be made before references are counted."""

    def __init__(self, strings: Strings) -> None:
        self._strings = strings
        self._known: dict[type, Plan] = {}

    def of(self, kind: type) -> Plan:
        plan = self._known.get(kind)
        if plan is None:
            plan = self._known[kind] = self._make(kind)
        return plan

    def _make(self, kind: type) -> Plan:
        fields = [field for each in mro_of(kind) if each not in EXPLAINED for field in self._fields(each)]
        has_own = not issubclass(kind, (type, ModuleType))
        return Plan(
            labeller=family_of(kind),
            fields=tuple(fields),
            namespace=_namespace_reader(kind) if has_own else None,
            has_values=bool(flags_of(kind) & MANAGED_DICT),
        )

    def _fields(self, kind: type) -> list[Field]:
        namespace = proxy_of(kind)
        is_slot = "__slots__" in namespace
        label = LabelKind.SLOT if is_slot else LabelKind.MEMBER
        return [
            Field(each.__get__, self._strings.label(label, each.__name__), is_slot)
            for each in namespace.values()
            if type(each) is MemberDescriptorType and each.__objclass__ is kind
        ]


def _namespace_reader(kind: type) -> Callable[[Any], Any] | None:
    for each in mro_of(kind):
        descriptor = proxy_of(each).get("__dict__")
        if type(descriptor) is GetSetDescriptorType:
            return descriptor.__get__
    return None
