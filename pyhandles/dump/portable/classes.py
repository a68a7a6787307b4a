"""What a class is, read past whatever its metaclass makes of it: no code of the program runs."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made at run time
STATIC_BUILTIN = 1 << 1  # _Py_TPFLAGS_STATIC_BUILTIN, since 3.12: its dict belongs to the interpreter
TAKES_PART = 1 << 14  # Py_TPFLAGS_HAVE_GC: in garbage collection
MANAGED_DICT = 1 << 4  # Py_TPFLAGS_MANAGED_DICT: instances may keep their attributes themselves

flags_of: Callable[[type], int] = type.__dict__["__flags__"].__get__
mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
base_of: Callable[[type], type | None] = type.__dict__["__base__"].__get__
name_of: Callable[[type], str] = type.__dict__["__name__"].__get__
qualname_of: Callable[[type], str] = type.__dict__["__qualname__"].__get__
proxy_of: Callable[[type], Any] = type.__dict__["__dict__"].__get__
"""Shows the class's own dict."""
_module_of: Callable[[type], object] = type.__dict__["__module__"].__get__


def is_heap_type(kind: type) -> bool:
    return bool(flags_of(kind) & HEAP_TYPE)


def namespace_of(kind: type) -> dict[str, Any]:
    """The class's own dict itself."""
    [namespace] = gc.get_referents(proxy_of(kind))
    return namespace  # type: ignore[no-any-return]


def module_of(kind: type) -> object:
    """The name of its module, if it is a text."""
    try:
        return _module_of(kind)
    except AttributeError:  # the class's own entry has been deleted
        return None
