"""Names and places of what has them: types, modules, functions, code, exceptions, suspended frames; and owners."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any

from pyhandles.dump.portable.classes import base_of, is_heap_type, module_of, mro_of, name_of, namespace_of, qualname_of
from pyhandles.dump.portable.frames import suspended_row
from pyhandles.dump.portable.owners import is_family, owner
from pyhandles.format import NOTHING, TypeFlag

if TYPE_CHECKING:
    from pyhandles.dump.portable.rows import Rows
    from pyhandles.dump.portable.strings import Strings
    from pyhandles.dump.portable.walk import Heap

_LONGEST_MESSAGE = 400
_globals_of = vars(ModuleType)["__dict__"].__get__
_arguments_of = BaseException.__dict__["args"].__get__
_reason_of = OSError.__dict__["strerror"].__get__
_filename_of = OSError.__dict__["filename"].__get__

Teller = Callable[[int, Any], None]


class Facts:
    """Gathers the rows of the tables that say something of single objects."""

    def __init__(self, heap: Heap, strings: Strings, rows: Rows, *, redact: bool) -> None:
        self._heap = heap
        self._strings = strings
        self._rows = rows
        self._redact = redact

    def gather(self) -> None:
        heap = self._heap
        tellers = {kind: self._teller(heap.objects[kind]) for kind in set(heap.kinds)}
        told = {kind: tell for kind, tell in tellers.items() if tell}
        for index in itertools.compress(range(len(heap.objects)), map(told.__contains__, heap.kinds)):
            told[heap.kinds[index]](index, heap.objects[index])

    def _teller(self, kind: type) -> Teller | None:
        families: list[tuple[type, Teller]] = [
            (type, self._type),
            (ModuleType, self._module),
            (FunctionType, self._function),
            (CodeType, self._code),
            (BaseException, self._exception),
            (GeneratorType, self._suspended),
            (CoroutineType, self._suspended),
            (AsyncGeneratorType, self._suspended),
        ]
        for family, tell in families:
            if issubclass(kind, family):
                return tell
        name_of_task = _name_of_task(kind)
        if name_of_task:
            return lambda index, each: self._task(index, name_of_task(each))
        return self._owner if is_family(kind) else None

    def _index(self, each: object) -> int:
        return self._heap.index.get(id(each), NOTHING)

    def _type(self, index: int, each: type) -> None:
        is_heap = is_heap_type(each)
        flags = (TypeFlag.HEAP if is_heap else 0) | (TypeFlag.EXCEPTION if issubclass(each, BaseException) else 0)
        self._rows.add(
            "types",
            object=index,
            module=self._strings.add(module_of(each)),
            qualname=self._strings.add(qualname_of(each)),
            base=self._index(base_of(each)),
            flags=flags,
        )

    def _module(self, index: int, each: ModuleType) -> None:
        namespace = _globals_of(each)
        self._rows.add(
            "modules",
            object=index,
            name=self._strings.add(dict.get(namespace, "__name__")),
            file=self._strings.add(dict.get(namespace, "__file__")),
        )

    def _function(self, index: int, each: FunctionType) -> None:
        self._rows.add(
            "functions",
            object=index,
            module=self._strings.add(each.__module__),
            qualname=self._strings.add(each.__qualname__),
            code=self._index(each.__code__),
        )

    def _code(self, index: int, each: CodeType) -> None:
        self._rows.add(
            "codes",
            object=index,
            name=self._strings.add(each.co_name),
            qualname=self._strings.add(each.co_qualname),
            file=self._strings.add(each.co_filename),
            line=each.co_firstlineno,
        )

    def _exception(self, index: int, each: BaseException) -> None:
        text = "" if self._redact else _message(each)[:_LONGEST_MESSAGE]
        self._rows.add("exceptions", object=index, message=self._strings.add(text) if text else NOTHING)

    def _task(self, index: int, name: object) -> None:
        self._rows.add("tasks", object=index, name=NOTHING if self._redact else self._strings.add(name))

    def _suspended(self, index: int, each: object) -> None:
        row = suspended_row(each)
        if row:
            code = self._index(row.code)
            self._rows.add("frames", object=index, code=code, line=row.line, thread=NOTHING, depth=0, kind=row.kind)

    def _owner(self, index: int, each: object) -> None:
        found = owner(each)
        if found:
            self._rows.add("owners", object=index, **found._asdict())


def _name_of_task(kind: type) -> Callable[[Any], object] | None:
    """How to ask a task of this type for its name, past what a derived class makes of it; None for other types."""
    for each in mro_of(kind):
        if (module_of(each), name_of(each)) == ("_asyncio", "Task"):
            read = namespace_of(each).get("get_name")
            return read if type(read) is MethodDescriptorType else None
    return None


def _message(error: BaseException) -> str:
    """As str() would say it, where the arguments are texts; an OSError says what failed on which file."""
    if issubclass(type(error), OSError) and _reason_of(error) is not None:
        return ": ".join(text for text in (_reason_of(error), _filename_of(error)) if type(text) is str)
    arguments = _arguments_of(error)
    first = arguments[0] if arguments else None
    return first if type(first) is str else ""
