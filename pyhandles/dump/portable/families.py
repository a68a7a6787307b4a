"""The labellers: one for each family of types, and the table of them.

A labeller takes the context, an object and its referents, and yields the address of each referent that it can explain
with its label, in about the order in which they are reported.
"""

from __future__ import annotations

import collections
import functools
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pyhandles.dump.portable.classes import base_of, is_heap_type, module_of, mro_of, name_of, namespace_of, proxy_of
from pyhandles.dump.portable.strings import Strings, label
from pyhandles.format import LABEL_UNCOUNTED, LabelKind

if TYPE_CHECKING:
    from pyhandles.dump.portable.frames import FrameReader
    from pyhandles.dump.portable.keys import Keys
    from pyhandles.dump.portable.roles import Roles

# As plain numbers, for the millions of labels that are made of them.
_ITEM, _SET_ITEM = LabelKind.ITEM.value, LabelKind.SET_ITEM.value
_GLOBAL, _ATTRIBUTE = LabelKind.GLOBAL.value, LabelKind.ATTRIBUTE.value


class Context(NamedTuple):
    """What labels are made of."""

    strings: Strings
    keys: Keys
    roles: Roles
    frames: FrameReader

    def member(self, name: str) -> int:
        return self.strings.member(name)


Labels = Iterator[tuple[int, int]]
Labeller = Callable[[Context, Any, list[Any]], Labels]


def _sequence(_context: Context, each: Any, _referents: list[Any]) -> Labels:
    read = list.__iter__ if issubclass(type(each), list) else collections.deque.__iter__
    for position, item in enumerate(read(each)):
        yield id(item), label(_ITEM, position)


def _tuple(context: Context, each: Any, _referents: list[Any]) -> Labels:
    if type(each) is not tuple and "n_sequence_fields" in proxy_of(type(each)):
        return  # it has more fields than items
    names = context.roles.closures.get(id(each))
    for position, item in enumerate(tuple.__iter__(each)):
        if names is None:
            yield id(item), label(_ITEM, position)
        else:
            yield id(item), context.strings.label(LabelKind.CLOSURE, names[position])


def _set(_context: Context, each: Any, _referents: list[Any]) -> Labels:
    read = set.__iter__ if issubclass(type(each), set) else frozenset.__iter__
    for position, item in enumerate(read(each)):
        yield id(item), label(_SET_ITEM, position)


def _dict(context: Context, each: Any, referents: list[Any]) -> Labels:
    keys, values = list(dict.keys(each)), list(dict.values(each))
    if len(referents) < len(values):
        return  # it shows what an instance keeps itself
    if id(each) == context.roles.interned:
        # It holds what any text of the program may be, and its references are not counted.
        for ordinal, value in enumerate(values):
            yield id(value), label(LabelKind.UNKNOWN, ordinal) | LABEL_UNCOUNTED
        return
    value_label = _value_label(context, each)
    reports_keys = _reports_keys(each, referents, keys, values)
    for key, value in zip(keys, values, strict=True):
        yield id(value), value_label(key)
        if reports_keys:
            yield id(key), context.keys.key_label(key)


def _value_label(context: Context, each: Any) -> Callable[[Any], int]:
    if id(each) in context.roles.globals:
        kind = _GLOBAL
    elif id(each) in context.roles.attributes:
        kind = _ATTRIBUTE
    else:
        return context.keys.value_label

    def named(key: Any) -> int:
        return context.keys.attribute_label(key, kind)

    return named


def _reports_keys(each: Any, referents: list[Any], keys: list[Any], values: list[Any]) -> bool:
    """A dict that has only ever had keys of type str does not report them. Keys follow their values."""
    count = len(keys)
    if not count or len(referents) < 2 * count:
        return False
    if type(each) is dict:
        return True
    tail = referents[-2 * count :]
    pairs = zip(tail[::2], tail[1::2], values, keys, strict=True)
    return all(value is told and key is its_key for value, key, told, its_key in pairs)


def _ordered_dict(context: Context, each: Any, referents: list[Any]) -> Labels:
    for key in dict.keys(each):
        yield id(key), context.keys.key_label(key)
    yield from _dict(context, each, referents)


def _attributes(*names: str) -> Labeller:
    """A labeller that reads attributes of C's on exactly their own type."""

    def labeller(context: Context, each: Any, _referents: list[Any]) -> Labels:
        for name in names:
            try:
                value = getattr(each, name)
            except (AttributeError, ValueError):
                continue
            if value is not None:
                yield id(value), context.member(name)

    return labeller


def _described(kind: type, *names: str) -> Labeller:
    """As `_attributes`, for a type that a class of the program may derive from, with attributes of the same names."""
    readers = [(name, kind.__dict__[name].__get__) for name in names if name in kind.__dict__]

    def labeller(context: Context, each: Any, _referents: list[Any]) -> Labels:
        for name, read in readers:
            value = read(each)
            if value is not None:
                yield id(value), context.member(name)

    return labeller


def _module(context: Context, each: Any, _referents: list[Any]) -> Labels:
    yield id(vars(types.ModuleType)["__dict__"].__get__(each)), context.member("__dict__")


_type_attributes = _described(type, "__bases__", "__mro__")


def _type(context: Context, each: Any, referents: list[Any]) -> Labels:
    yield id(namespace_of(each)), context.member("__dict__")
    yield from _type_attributes(context, each, referents)
    yield id(base_of(each)), label(LabelKind.BASE, 0)


_oserror = _described(OSError, "errno", "strerror", "filename", "filename2")
_base_exception = _described(BaseException, "args", "__traceback__", "__context__", "__cause__")


def _exception(context: Context, each: Any, referents: list[Any]) -> Labels:
    yield from _base_exception(context, each, referents)
    if issubclass(type(each), OSError):
        yield from _oserror(context, each, referents)


def _generator(prefix: str) -> Labeller:
    def labeller(context: Context, each: Any, _referents: list[Any]) -> Labels:
        yield id(each.__name__), context.member("__name__")
        yield id(each.__qualname__), context.member("__qualname__")
        frame = getattr(each, f"{prefix}_frame")
        if frame is not None and not getattr(each, f"{prefix}_running"):
            yield id(frame), context.member("gi_frame")
            yield from _frame_fields(context, frame)
            yield from context.frames.stack(frame)

    return labeller


def _frame(context: Context, each: Any, _referents: list[Any]) -> Labels:
    for name in ("f_back", "f_trace"):
        if getattr(each, name) is not None:
            yield id(getattr(each, name)), context.member(name)
    yield from _frame_fields(context, each)


def _frame_fields(context: Context, frame: types.FrameType) -> Labels:
    function = context.frames.function(frame)
    if function:
        yield function, context.member("f_function")
    yield id(frame.f_code), context.member("f_code")
    yield from context.frames.variables(frame)


def _weak_reference(context: Context, each: Any, _referents: list[Any]) -> Labels:
    callback = weakref.ref.__dict__["__callback__"].__get__(each)
    if callback is not None:
        yield id(callback), context.member("__callback__")


def _lru_cache(context: Context, _each: Any, referents: list[Any]) -> Labels:
    """It reports its own type, then key, result and type of each entry."""
    for place in range(1, len(referents) - 2, 3):
        kind = referents[place + 2]
        if type(kind) is not type or name_of(kind) != "_lru_list_elem":
            return
        yield id(referents[place]), context.member("cached arguments")
        yield id(referents[place + 1]), context.member("cached result")


def _context(context: Context, _each: Any, referents: list[Any]) -> Labels:
    for each in referents:
        if name_of(type(each)) == "hamt":
            yield id(each), context.member("variables")


def _context_node(context: Context, _each: Any, referents: list[Any]) -> Labels:
    """It reports each value before the variable that has it, or a node further down."""
    place = 0
    while place < len(referents):
        each = referents[place]
        if name_of(type(each)) in _NODES:
            yield id(each), context.member("node")
            place += 1
        elif place + 1 < len(referents):
            variable = referents[place + 1]
            yield id(each), context.strings.label(LabelKind.CONTEXT, variable.name)
            yield id(variable), context.member("context variable")
            place += 2
        else:
            return


def _first(name: str) -> Labeller:
    """Of a type whose objects report one thing first."""

    def labeller(context: Context, _each: Any, referents: list[Any]) -> Labels:
        if referents:
            yield id(referents[0]), context.member(name)

    return labeller


_FUNCTION_FIELDS = (
    "__globals__", "__builtins__", "__name__", "__qualname__", "__code__", "__defaults__", "__kwdefaults__",
    "__closure__", "__doc__", "__module__",
)  # fmt: skip
# From 3.14 on, to ask for annotations is to run code of the program.
_ANNOTATIONS = ("__annotations__",) if sys.version_info < (3, 14) else ()

_EXPLAINED: dict[type, Labeller] = {
    list: _sequence,
    collections.deque: _sequence,
    tuple: _tuple,
    set: _set,
    frozenset: _set,
    collections.OrderedDict: _ordered_dict,
    dict: _dict,
    types.FunctionType: _attributes(*_FUNCTION_FIELDS, *_ANNOTATIONS),
    types.MethodType: _attributes("__self__", "__func__"),
    types.BuiltinFunctionType: _attributes("__self__", "__module__"),
    types.CellType: _attributes("cell_contents"),
    types.TracebackType: _attributes("tb_next", "tb_frame"),
    types.ModuleType: _module,
    type: _type,
    BaseException: _exception,
    OSError: _exception,
    types.GeneratorType: _generator("gi"),
    types.CoroutineType: _generator("cr"),
    types.AsyncGeneratorType: _generator("ag"),
    types.FrameType: _frame,
    weakref.ref: _weak_reference,
    type(functools.lru_cache(len)): _lru_cache,
}
"""Types whose objects' own fields are explained in full by a labeller; that of a base serves its subclasses."""

_LABELLERS = {id(kind): labeller for kind, labeller in _EXPLAINED.items()}
"""By address: to look a class up by itself may be to run code of its own."""

_NODES = {"hamt_bitmap_node", "hamt_collision_node", "hamt_array_node"}
_NAMED: dict[tuple[str, str], Labeller] = {
    ("_contextvars", "Context"): _context,
    ("builtins", "hamt"): _first("root"),
    ("builtins", "hamt_bitmap_node"): _context_node,
    ("builtins", "hamt_collision_node"): _context_node,
    ("builtins", "list_iterator"): _first("sequence"),
    ("builtins", "list_reverseiterator"): _first("sequence"),
    ("builtins", "tuple_iterator"): _first("sequence"),
    ("builtins", "dict_keyiterator"): _first("dict"),
    ("builtins", "dict_valueiterator"): _first("dict"),
    ("builtins", "dict_itemiterator"): _first("dict"),
    ("builtins", "dict_keys"): _first("dict"),
    ("builtins", "dict_values"): _first("dict"),
    ("builtins", "dict_items"): _first("dict"),
    ("builtins", "set_iterator"): _first("dict"),
    ("builtins", "mappingproxy"): _first("mapping"),
}
"""Types that Python has no name for, by module and name. What a class statement makes is never one of these."""

_FUTURE_FIELDS = ("_loop", "_exception", "_result", "_source_traceback", "_cancel_message")


def is_explained(kind: type) -> bool:
    """Whether a labeller knows this very type, and explains its fields."""
    return id(kind) in _LABELLERS


def family_of(kind: type) -> Labeller | None:
    """Who labels the objects of a type, or None."""
    for each in mro_of(kind):
        if is_explained(each):
            return _LABELLERS[id(each)]
        if (module_of(each), name_of(each)) == ("_asyncio", "Task"):
            return _described(each, "_coro", "_fut_waiter", *_FUTURE_FIELDS)
        if (module_of(each), name_of(each)) == ("_asyncio", "Future"):
            return _described(each, *_FUTURE_FIELDS)
    if is_heap_type(kind):
        return None
    return _NAMED.get((str(module_of(kind)), name_of(kind)))
