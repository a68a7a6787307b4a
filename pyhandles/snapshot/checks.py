"""Checking what was scanned: that it is what `pyhandles.format` says, and that it holds together.

After these checks every index in the file is in range, so that no later code has to doubt one.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.errors import SnapshotError
from pyhandles.format import (
    ADDED_TABLES,
    LABEL_KIND_SHIFT,
    LABEL_VALUE_MASK,
    TABLES,
    FrameKind,
    LabelKind,
    OwnerKind,
    RootKind,
)
from pyhandles.snapshot.kernel_checks import RULES as KERNEL_RULES
from pyhandles.snapshot.kernel_checks import check_kernel
from pyhandles.snapshot.labels import NAMED_KINDS
from pyhandles.snapshot.ranges import check_ends, check_indices
from pyhandles.snapshot.recordings import RULES as RECORDED_RULES
from pyhandles.snapshot.recordings import check_recorder
from pyhandles.snapshot.scanner import ALTERED_HINT, MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyhandles.snapshot.ranges import Column, Tables

_NUMBER = (int, float)
_OPTIONAL_INT = (int, type(None))
_OPTIONAL_TEXT = (str, type(None))

_END_OF_TIME = 253_402_300_800
"""Seconds from 1970 to the year 10000."""

_HEADER: dict[str, tuple[type, ...]] = {
    "writer": (str,),
    "pyhandles": (str,),
    "time": _NUMBER,
    "trigger": (str,),
    "errno": _OPTIONAL_INT,
    "process.pid": (int,),
    "process.argv": (list, type(None)),
    "python.version": (str,),
    "python.hexversion": (int,),
    "python.implementation": (str,),
    "python.platform": (str,),
    "limits.open": _OPTIONAL_INT,
    "limits.soft": _OPTIONAL_INT,
    "limits.hard": _OPTIONAL_INT,
    "limits.met": _OPTIONAL_TEXT,
    "gc.enabled": (bool,),
    "gc.thresholds": (list,),
    "gc.counts": (list,),
    "gc.collections": (list,),
    "gc.collecting": (bool,),
    "options": (dict,),
    "capture.mode": (str,),
    "capture.seconds": _NUMBER,
    "tables": (dict,),
}
"""The fields that the exploring half reads, and what they may be."""

_TEXT_COLUMNS = {
    "types": ("module", "qualname"),
    "modules": ("name", "file"),
    "functions": ("module", "qualname"),
    "codes": ("name", "qualname", "file"),
    "exceptions": ("message",),
    "tasks": ("name",),
    "threads": ("name",),
    "roots": ("name",),
    "descriptors": ("link", "local", "peer"),
    "census": ("type",),
}
_OBJECT_COLUMNS = {
    "objects": ("type",),
    "types": ("object", "base"),
    "modules": ("object",),
    "functions": ("object", "code"),
    "codes": ("object",),
    "exceptions": ("object",),
    "tasks": ("object",),
    "frames": ("object", "code"),
    "roots": ("object",),
    "owners": ("object",),
    "numbers": ("object",),
}
_KIND_COLUMNS = {
    ("frames", "kind"): FrameKind,
    ("roots", "kind"): RootKind,
    ("owners", "kind"): OwnerKind,
}


def check(scanned: Mapping[str, object]) -> Tables:
    """Check a scanned snapshot and give its columns as arrays, views of the scanned bytes.

    Raises SnapshotError, whose message is the end of a sentence that begins with the file's name.
    """
    try:
        _check_header(scanned)
        tables = _columns(_mapping(scanned["tables"], "tables"))
        check_recorder(scanned.get("recorder"), tables)
        check_kernel(scanned.get("kernel"), scanned.get("failed_call"), tables)
        for rule in _RULES:
            rule(tables)
    except MalformedError as error:
        raise SnapshotError(f"is altered: {error}", ALTERED_HINT) from None
    return tables


def _check_header(scanned: Mapping[str, object]) -> None:
    for name, types in _HEADER.items():
        value: object = scanned
        for key in name.split("."):
            holder = _mapping(value, name)
            if key not in holder:
                raise MalformedError(f"it has no {name}")
            value = holder[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise MalformedError(f"its {name} is a {type(value).__name__}")
    for name, time in (("time", scanned["time"]), ("seconds", _mapping(scanned["capture"], "capture")["seconds"])):
        if not (isinstance(time, _NUMBER) and 0 <= time < _END_OF_TIME):
            raise MalformedError(f"its {name} is a number of no clock")
    for name in ("thresholds", "counts", "collections"):
        _check_items(_mapping(scanned["gc"], "gc")[name], int, f"gc.{name}")
    _check_items(_mapping(scanned["process"], "process")["argv"] or [], str, "process.argv")


def _check_items(items: object, type_: type, name: str) -> None:
    if not isinstance(items, list) or not all(isinstance(item, type_) for item in items):
        raise MalformedError(f"its {name} holds other things than {type_.__name__}")


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise MalformedError(f"its {name} is a {type(value).__name__}")
    return value


def _columns(scanned: Mapping[str, object]) -> Tables:
    tables: Tables = {}
    for name, types in TABLES.items():
        if name in ADDED_TABLES and name not in scanned:
            tables[name] = {column: np.array([], dtype=type_) for column, type_ in types.items()}
            continue
        table = _mapping(scanned.get(name), f"table {name}")
        rows = table.get("rows")
        if not isinstance(rows, int) or rows < 0:
            raise MalformedError(f"table {name} does not say how many rows it has")
        columns = _mapping(table.get("columns"), f"columns of table {name}")
        tables[name] = {
            column: _column(_mapping(columns.get(column), f"column {name}.{column}"), f"{name}.{column}", type_, rows)
            for column, type_ in types.items()
        }
    return tables


def _column(scanned: Mapping[str, object], name: str, type_: str, rows: int) -> Column:
    data = scanned.get("data")
    if scanned.get("type") != type_:
        raise MalformedError(f"column {name} is of type {scanned.get('type')!r}, not {type_!r}")
    if not isinstance(data, memoryview):
        raise MalformedError(f"column {name} holds no bytes")
    if len(data) != rows * np.dtype(type_).itemsize:
        raise MalformedError(f"column {name} holds {len(data):,} bytes for {rows:,} rows of {type_}")
    if scanned.get("crc32") != zlib.crc32(data):
        raise MalformedError(f"column {name} does not match its checksum")
    return np.frombuffer(data, dtype=type_)


def _ends_are_monotonic(tables: Tables) -> None:
    for name, of, total in (("objects", "references", "target"), ("strings", "text", "utf8")):
        check_ends(tables, name, of, total)


def _objects_are_in_range(tables: Tables) -> None:
    rows = len(tables["objects"]["address"])
    check_indices("references.target", tables["references"]["target"], rows, may_be_nothing=False)
    for table, columns in _OBJECT_COLUMNS.items():
        for column in columns:
            required = column == "object" and table != "types"
            check_indices(f"{table}.{column}", tables[table][column], rows, may_be_nothing=not required)


def _texts_are_in_range(tables: Tables) -> None:
    rows = len(tables["strings"]["end"])
    for table, columns in _TEXT_COLUMNS.items():
        for column in columns:
            check_indices(f"{table}.{column}", tables[table][column], rows, may_be_nothing=True)


def _threads_are_in_range(tables: Tables) -> None:
    check_indices("frames.thread", tables["frames"]["thread"], len(tables["threads"]["ident"]), may_be_nothing=True)


def _labels_are_known(tables: Tables) -> None:
    for table in ("references", "numbers"):
        _check_labels(f"{table}.label", tables[table]["label"], len(tables["strings"]["end"]))


def _check_labels(name: str, labels: Column, texts: int) -> None:
    if not len(labels):
        return
    if int(labels.max()) >> LABEL_KIND_SHIFT > max(LabelKind):
        raise MalformedError(f"{name} holds a kind of label that is not known")
    # Hashes and large indices are rare: only labels with a value that cannot be a text need a closer look.
    suspects = labels[(labels & LABEL_VALUE_MASK) >= texts]
    if np.isin(suspects >> LABEL_KIND_SHIFT, np.array(sorted(NAMED_KINDS), dtype="<u4")).any():
        raise MalformedError(f"{name} names a text that is not there")


def _kinds_are_known(tables: Tables) -> None:
    for (table, column), kinds in _KIND_COLUMNS.items():
        if not np.isin(tables[table][column], np.array(list(kinds), dtype="<u4")).all():
            raise MalformedError(f"{table}.{column} holds a kind that is not known")


_RULES: tuple[Callable[[Tables], None], ...] = (
    _ends_are_monotonic,
    _objects_are_in_range,
    _texts_are_in_range,
    _threads_are_in_range,
    _labels_are_known,
    _kinds_are_known,
    *RECORDED_RULES,
    *KERNEL_RULES,
)
