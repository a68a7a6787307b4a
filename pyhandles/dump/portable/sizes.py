"""How many bytes objects take, by the functions of C that know, never by a class's own ``__sizeof__``."""

from __future__ import annotations

import sys
from array import array
from types import MethodDescriptorType
from typing import TYPE_CHECKING

from pyhandles.dump.portable.classes import mro_of, proxy_of

if TYPE_CHECKING:
    from pyhandles.dump.portable.walk import Heap


def sizes(heap: Heap) -> array[int]:
    """In bytes, the collector's header included; 0 where a class says itself how large its objects are."""
    told = {kind for kind in set(heap.kinds) if _is_told_by_c(heap.objects[kind])}
    measure = sys.getsizeof
    pairs = zip(heap.objects, heap.kinds, strict=True)
    return array("Q", (measure(each) if kind in told else 0 for each, kind in pairs))


def _is_told_by_c(kind: type) -> bool:
    for each in mro_of(kind):
        namespace = proxy_of(each)
        if "__sizeof__" in namespace:
            return type(namespace["__sizeof__"]) is MethodDescriptorType
    return False
