"""How many bytes objects take, by the functions of C that know, never by a class's own ``__sizeof__``."""

from __future__ import annotations

import sys
from array import array
from types import MethodDescriptorType
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable.classes import mro_of, proxy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def sizes(objects: Iterable[Any]) -> array[int]:
    """In bytes, the collector's header included; 0 where a class says itself how large its objects are."""
    known: dict[type, Callable[[Any], int] | None] = {}
    found = array("Q")
    for each in objects:
        kind = type(each)
        if kind not in known:
            known[kind] = sys.getsizeof if _is_told_by_c(kind) else None
        measure = known[kind]
        found.append(measure(each) if measure else 0)
    return found


def _is_told_by_c(kind: type) -> bool:
    for each in mro_of(kind):
        namespace = proxy_of(each)
        if "__sizeof__" in namespace:
            return type(namespace["__sizeof__"]) is MethodDescriptorType
    return False
