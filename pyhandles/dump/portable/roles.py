"""What a dict or tuple is to the object that it belongs to: attributes, globals, a closure."""

from __future__ import annotations

import gc
import itertools
import operator
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable.classes import STATIC_BUILTIN, flags_of, namespace_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.dump.portable.plans import Plan
    from pyhandles.dump.portable.walk import Heap

_TRACKS_INTERNED = sys.version_info >= (3, 14)
_function_namespace = vars(FunctionType)["__dict__"].__get__
_globals_of = vars(ModuleType)["__dict__"].__get__


class Roles:
    """By address. closures: the names of a closure's variables. interned: the interpreter's table of them, or 0."""

    def __init__(self) -> None:
        self.attributes: set[int] = set()
        self.globals: set[int] = set()
        self.closures: dict[int, tuple[str, ...]] = {}
        self.interned = 0

    def learn(self, heap: Heap, plans: dict[int, Plan]) -> None:
        """Learn from each object what belongs to it.

        Instances get a dict here that had none, so this is for the child, when the references are known.
        """
        learners = {kind: self._learner(heap.objects[kind], plan) for kind, plan in plans.items()}
        owning = {kind: learn for kind, learn in learners.items() if learn}
        for each, kind in itertools.compress(
            zip(heap.objects, heap.kinds, strict=True), map(owning.__contains__, heap.kinds)
        ):
            owning[kind](each)

    def _learner(self, kind: type, plan: Plan) -> Callable[[Any], None] | None:
        if kind is dict and _TRACKS_INTERNED:
            return self._dict
        if kind is FunctionType:
            return self._closure
        if plan.namespace:
            return self._namespace(plan.namespace)
        if plan.has_values:
            return self._shown_to_the_collector
        if issubclass(kind, ModuleType):
            return self._module
        return self._class if issubclass(kind, type) else None

    def _dict(self, each: dict[Any, Any]) -> None:
        """Each is its own value in the table of interned strings, which takes up what is interned now."""
        before = len(each)
        if before and all(map(operator.is_, each.keys(), each.values())):
            _new = sys.intern(f"not interned before {before}")
            if len(each) == before + 1:
                self.interned = id(each)

    def _closure(self, each: FunctionType) -> None:
        if each.__closure__:
            self.closures[id(each.__closure__)] = each.__code__.co_freevars
        # Functions have a dict, too.
        self.attributes.add(id(_function_namespace(each)))

    def _namespace(self, read: Callable[[Any], Any]) -> Callable[[Any], None]:
        add = self.attributes.add

        def learn(each: Any) -> None:
            add(id(read(each)))

        return learn

    def _shown_to_the_collector(self, each: Any) -> None:
        self.attributes.update(id(one) for one in gc.get_referents(each) if type(one) is dict)

    def _module(self, each: ModuleType) -> None:
        self.globals.add(id(_globals_of(each)))

    def _class(self, each: type) -> None:
        if not flags_of(each) & STATIC_BUILTIN:
            self.attributes.add(id(namespace_of(each)))
