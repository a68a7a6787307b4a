"""The snapshot in memory: columns as numpy views of the mapped file, and lookups in them."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pyhandles.errors import SnapshotError
from pyhandles.format import NOTHING
from pyhandles.snapshot import kernel, recorded, records
from pyhandles.snapshot.checks import check
from pyhandles.snapshot.header import Header
from pyhandles.snapshot.labels import Label, read_label
from pyhandles.snapshot.mapping import map_file
from pyhandles.snapshot.records import Records
from pyhandles.snapshot.scanner import scan
from pyhandles.snapshot.strings import Strings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Derived = TypeVar("Derived")


class Snapshot:
    """One snapshot, opened with `Snapshot.open`.

    An object is an index from 0 to ``n_objects``; a reference is a row from 0 to ``n_references``, and the rows
    of one object follow each other. Arrays are read-only views of the mapped file.
    """

    def __init__(self, data: memoryview, name: str = "snapshot") -> None:
        """Read a snapshot from memory. Raises SnapshotError, its message beginning with ``name``."""
        try:
            scanned = scan(data)
            tables = check(scanned)
        except SnapshotError as error:
            raise SnapshotError(f"{name} {error.message}", error.hint) from None
        self.name = name
        self.header = Header.of(scanned)
        self.tables: Mapping[str, Mapping[str, np.ndarray]] = tables
        self._derived: dict[Callable[[Snapshot], Any], Any] = {}
        self.strings = Strings(tables["strings"]["end"], tables["text"]["utf8"])

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Snapshot:
        """Map the file at ``path`` and check it. Raises SnapshotError."""
        name = os.fspath(path)
        return cls(map_file(name), name)

    def derive(self, make: Callable[[Snapshot], Derived]) -> Derived:
        """What ``make`` makes of this snapshot, made once: for what is costly and asked for again and again."""
        if make not in self._derived:
            self._derived[make] = make(self)
        derived: Derived = self._derived[make]
        return derived

    def forget(self) -> None:
        """Let go of all that was derived: it refers back, so that the file would stay mapped until a collection."""
        self._derived.clear()

    @property
    def n_objects(self) -> int:
        return len(self.addresses)

    @property
    def n_references(self) -> int:
        return len(self.targets)

    @property
    def addresses(self) -> np.ndarray:
        """Shape (n_objects,), uint64."""
        return self.tables["objects"]["address"]

    @property
    def types(self) -> np.ndarray:
        """The index of each object's type, or NOTHING. Shape (n_objects,), uint32."""
        return self.tables["objects"]["type"]

    @property
    def sizes(self) -> np.ndarray:
        """Bytes. Shape (n_objects,), uint64."""
        return self.tables["objects"]["size"]

    @property
    def refcounts(self) -> np.ndarray:
        """Reference counts, or SATURATED. Shape (n_objects,), uint32."""
        return self.tables["objects"]["refcount"]

    @property
    def flags(self) -> np.ndarray:
        """`ObjectFlag`. Shape (n_objects,), uint16."""
        return self.tables["objects"]["flags"]

    @property
    def targets(self) -> np.ndarray:
        """The object that each reference leads to. Shape (n_references,), uint32."""
        return self.tables["references"]["target"]

    @property
    def labels(self) -> np.ndarray:
        """Packed labels of the references. Shape (n_references,), uint32."""
        return self.tables["references"]["label"]

    @cached_property
    def starts(self) -> np.ndarray:
        """References of object ``i`` are the rows from ``starts[i]`` to ``starts[i + 1]``.

        Shape (n_objects + 1,), int32.
        """
        starts = np.zeros(self.n_objects + 1, dtype=np.int32)
        starts[1:] = self.tables["objects"]["end"]
        return starts

    def rows_of(self, index: int) -> range:
        """Rows of the references of the object at ``index``."""
        return range(int(self.starts[index]), int(self.starts[index + 1]))

    def label(self, row: int) -> Label:
        """The label of the reference at ``row``."""
        packed = int(self.labels[row])
        label = self._read_labels.get(packed)
        if label is None:
            label = self._read_labels[packed] = read_label(packed, self.strings)
        return label

    @cached_property
    def _read_labels(self) -> dict[int, Label]:
        """Those that were asked for: few, for most references of a heap are called like others."""
        return {}

    def type_index(self, index: int) -> int:
        """The type of the object at ``index``, or NOTHING."""
        return int(self.types[index])

    def type_name(self, index: int) -> str:
        """Name of the type of the object at ``index``: ``module.qualname``, ``builtins.`` left out."""
        type_index = self.type_index(index)
        return "object" if type_index == NOTHING else self.name_of_type(type_index)

    def objects_of(self, *names: str) -> np.ndarray:
        """The objects of the types that are called so, not of their subclasses: indices, ascending, int64."""
        types = [record.object for record in self.type_records if self.name_of_type(record.object) in names]
        found: np.ndarray = np.flatnonzero(np.isin(self.types, np.array(types, dtype=self.types.dtype)))
        return found

    def name_of_type(self, type_index: int) -> str:
        """Name of the type at ``type_index``."""
        name = self._type_names.get(type_index)
        if name is None:
            type_ = self.type_records.of(type_index)
            name = self._type_names[type_index] = full_name(type_.module, type_.qualname) if type_ else "object"
        return name

    @cached_property
    def _type_names(self) -> dict[int, str]:
        return {}

    def at_address(self, address: int) -> int | None:
        """Index of the object at ``address``, or None."""
        if not 0 <= address < 2**64:
            return None
        found = np.flatnonzero(self.addresses == np.uint64(address))
        return int(found[0]) if len(found) else None

    @cached_property
    def type_records(self) -> Records[records.Type]:
        return self._records(records.Type, "types")

    @cached_property
    def modules(self) -> Records[records.Module]:
        return self._records(records.Module, "modules")

    @cached_property
    def functions(self) -> Records[records.Function]:
        return self._records(records.Function, "functions")

    @cached_property
    def codes(self) -> Records[records.Code]:
        return self._records(records.Code, "codes")

    @cached_property
    def exceptions(self) -> Records[records.RaisedException]:
        return self._records(records.RaisedException, "exceptions")

    @cached_property
    def tasks(self) -> Records[records.TaskRecord]:
        return self._records(records.TaskRecord, "tasks")

    @cached_property
    def threads(self) -> Records[records.Thread]:
        return self._records(records.Thread, "threads")

    @cached_property
    def frames(self) -> Records[records.Frame]:
        return self._records(records.Frame, "frames")

    @cached_property
    def roots(self) -> Records[records.Root]:
        return self._records(records.Root, "roots")

    @cached_property
    def owners(self) -> Records[records.OwnerRecord]:
        return self._records(records.OwnerRecord, "owners")

    @cached_property
    def numbers(self) -> Records[records.Number]:
        return self._records(records.Number, "numbers")

    @cached_property
    def descriptors(self) -> Records[records.Descriptor]:
        """In the order of the file; `pyhandles.findings.handles` sorts."""
        return self._records(records.Descriptor, "descriptors")

    @cached_property
    def census(self) -> Records[records.Counted]:
        """Empty where none was taken."""
        return self._records(records.Counted, "census")

    @cached_property
    def sites(self) -> Records[recorded.Site]:
        """Of this and the tables below, what the recorder saw: empty where it did not run."""
        return self._records(recorded.Site, "sites")

    @cached_property
    def stacks(self) -> Records[recorded.Stack]:
        return self._records(recorded.Stack, "stacks")

    def sites_of(self, stack: int) -> tuple[recorded.Site, ...]:
        """The frames of the stack in this row, innermost first; none for NOTHING."""
        if stack == NOTHING:
            return ()
        ends = self.tables["stacks"]["end"]
        start = int(ends[stack - 1]) if stack else 0
        return tuple(self.sites[site] for site in self.tables["stack_frames"]["site"][start : ends[stack]].tolist())

    @cached_property
    def events(self) -> Records[recorded.Event]:
        """Their sequence numbers ascend."""
        return self._records(recorded.Event, "events")

    @cached_property
    def openings(self) -> Records[recorded.Opening]:
        return self._records(recorded.Opening, "openings")

    @cached_property
    def counters(self) -> Records[recorded.CallCounter]:
        return self._records(recorded.CallCounter, "counters")

    @cached_property
    def counter_errors(self) -> Records[recorded.CounterError]:
        return self._records(recorded.CounterError, "counter_errors")

    @cached_property
    def misuses(self) -> Records[recorded.Misuse]:
        return self._records(recorded.Misuse, "misuses")

    @cached_property
    def waits(self) -> Records[kernel.Wait]:
        """Of this and the tables below, what the kernel told: empty where it was not asked, or did not say."""
        return self._records(kernel.Wait, "waits")

    @cached_property
    def watches(self) -> Records[kernel.Watch]:
        return self._records(kernel.Watch, "watches")

    @cached_property
    def files(self) -> Records[kernel.OpenFile]:
        return self._records(kernel.OpenFile, "files")

    @cached_property
    def sockets(self) -> Records[kernel.Socket]:
        return self._records(kernel.Socket, "sockets")

    @cached_property
    def held_elsewhere(self) -> Records[kernel.HeldElsewhere]:
        return self._records(kernel.HeldElsewhere, "held_elsewhere")

    @cached_property
    def processes(self) -> Records[kernel.Process]:
        return self._records(kernel.Process, "processes")

    def _records(self, row_type: type[records.Row], table: str) -> Records[records.Row]:
        return Records(row_type, self.tables[table], self.strings)


def full_name(module: str | None, qualname: str | None) -> str:
    """``module.qualname``, ``builtins.`` left out."""
    if not module or module == "builtins":
        return qualname or "object"
    return f"{module}.{qualname or '?'}"
