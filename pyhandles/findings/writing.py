"""Where what an object does is written: of a frame its line, of a function its first, of an instance its class."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.errors import UnknownObject
from pyhandles.findings.describe import code_of, describe
from pyhandles.findings.names import is_name, resolve
from pyhandles.findings.places import ClassPlaces, Place, code_place
from pyhandles.snapshot.model import full_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot

_FOLLOWED = ("__traceback__", "tb_frame", "_coro", "__func__", "func", "__wrapped__", "fget", "__code__", "cr_code")
"""Fields that lead on to what is written down, the best first."""

_MOST_NAMES = 5
_MAX_STEPS = 8
_MAX_TRACEBACK = 10_000


@dataclass(frozen=True, slots=True)
class Written:
    """What is written at a place.

    what: the object in words. class_name: of a class whose beginning is still to be found in the file: above the
        place where that is its first method, else anywhere.
    """

    what: str
    place: Place
    class_name: str | None = None


def written(snapshot: Snapshot, name: str, marks: Mapping[str, int] | None = None) -> Written:
    """Where the object is written that has this name.

    name: an address, an index, a descriptor or a mark, or the dotted name of a function, class or module.
    Raises UnknownObject for what has no source.
    """
    indices = resolve(snapshot, name, marks).indices if is_name(name) else _by_dotted_name(snapshot, name)
    for index in indices:
        if found := _written(snapshot, index):
            return found
    what = describe(snapshot, indices[0]).text if indices else f"descriptor {name}, which no object owns,"
    raise UnknownObject(f"{what} has no source that the snapshot knows", "Functions, classes and frames have one.")


def _by_dotted_name(snapshot: Snapshot, name: str) -> tuple[int, ...]:
    """The functions, classes and modules of this name, with or without that of their module."""
    found: dict[str, list[int]] = {}
    functions = ((each.module, each.qualname, each.object) for each in snapshot.functions)
    types = ((each.module, each.qualname, each.object) for each in snapshot.type_records)
    for module, qualname, index in itertools.chain(functions, types):
        full = full_name(module, qualname)
        if name in {qualname, full}:
            found.setdefault(full, []).append(index)
    for record in snapshot.modules:
        if record.name == name:
            found.setdefault(name, []).append(record.object)
    if name in found or len(found) == 1:
        return tuple(found.get(name) or next(iter(found.values())))
    if found:
        some = ", ".join(sorted(found)[:_MOST_NAMES])
        raise UnknownObject(f"{len(found):,} things are called {name!r}", f"Say which: {some}.")
    hint = "`symbols` lists the modules, `symbols MODULE` its functions and classes."
    raise UnknownObject(f"no function, class or module is called {name!r}", hint)


def _written(snapshot: Snapshot, index: int) -> Written | None:
    at: int | None = index
    for _ in range(_MAX_STEPS):
        if at is None:
            break
        if found := _itself(snapshot, at):
            return found
        at = _next(snapshot, at)
    return _class(snapshot, snapshot.type_index(index))


def _itself(snapshot: Snapshot, index: int) -> Written | None:
    """What has a place of its own."""
    what = describe(snapshot, index).text
    if frame := snapshot.frames.of(index):
        code = code_of(snapshot, frame.code)
        return Written(what, Place(code.file, frame.line)) if code and code.file else None
    if function := snapshot.functions.of(index):
        place = code_place(snapshot, function.code)
        return Written(what, place) if place else None
    if place := code_place(snapshot, index):
        return Written(what, place)
    if (module := snapshot.modules.of(index)) and module.file:
        return Written(what, Place(module.file, 1))
    return _class(snapshot, index)


def _class(snapshot: Snapshot, index: int) -> Written | None:
    type_ = snapshot.type_records.of(index)
    if type_ is None or not type_.qualname:
        return None
    what, name = f"class {full_name(type_.module, type_.qualname)}", type_.qualname.rpartition(".")[2]
    if place := snapshot.derive(ClassPlaces).of(type_.module, type_.qualname):
        return Written(what, place, name)
    files = [module.file for module in snapshot.modules if module.name == type_.module and module.file]
    return Written(what, Place(files[0], 0), name) if files and files[0].endswith(".py") else None


def _next(snapshot: Snapshot, index: int) -> int | None:
    """The object that says where this one is written; of a traceback, the frame at its end."""
    fields = _fields(snapshot, index)
    for _ in range(_MAX_TRACEBACK):
        if "tb_next" not in fields:
            break
        fields = _fields(snapshot, fields["tb_next"])
    return next((fields[name] for name in _FOLLOWED if name in fields), None)


def _fields(snapshot: Snapshot, index: int) -> dict[str, int]:
    return {snapshot.label(row).name: int(snapshot.targets[row]) for row in snapshot.rows_of(index)}


def class_line(lines: list[str], place: Place, name: str) -> int | None:
    """The line, from 1, at which the class begins: the nearest above its first method, or the only one there is."""
    pattern = re.compile(rf"\s*class\s+{re.escape(name)}\b")
    found = [number for number, line in enumerate(lines, 1) if pattern.match(line)]
    if place.line:
        return max((number for number in found if number < place.line), default=None)
    return found[0] if len(found) == 1 else None
