"""What a dict or tuple is to the object that it belongs to: attributes, globals, a closure."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable.classes import namespace_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyhandles.dump.portable.plans import Plans

_globals_of = vars(ModuleType)["__dict__"].__get__


class Roles:
    """By address. closures: the names of a closure's variables."""

    def __init__(self) -> None:
        self.attributes: set[int] = set()
        self.globals: set[int] = set()
        self.closures: dict[int, tuple[str, ...]] = {}

    def learn(self, objects: Iterable[Any], plans: Plans) -> None:
        """Learn from each object what belongs to it.

        Instances get a dict here that had none, so this is for the child, when the references are known.
        """
        for each in objects:
            kind = type(each)
            if kind is FunctionType and each.__closure__:
                self.closures[id(each.__closure__)] = each.__code__.co_freevars
            plan = plans.of(kind)
            if plan.namespace:
                self.attributes.add(id(plan.namespace(each)))
            elif issubclass(kind, ModuleType):
                self.globals.add(id(_globals_of(each)))
            elif issubclass(kind, type):
                self.attributes.add(id(namespace_of(each)))
