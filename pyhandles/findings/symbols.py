"""The names of modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.errors import UnknownObject
from pyhandles.findings.describe import describe
from pyhandles.findings.names import is_name, resolve
from pyhandles.findings.pages import Page, page
from pyhandles.findings.places import place_of
from pyhandles.findings.spelling import closest
from pyhandles.format import LABEL_KIND_SHIFT, LabelKind
from pyhandles.graph.rows import rows_of_all
from pyhandles.graph.strength import FieldLabels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Module

SYMBOL_KINDS = ("class", "function", "module", "variable")
UNNAMED = "?"


@dataclass(frozen=True, slots=True)
class ModuleSymbols:
    """A module and how many names it has. imported: whether it is in ``sys.modules``."""

    module: str
    file: str | None
    symbols: int
    imported: bool
    address: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name of a module.

    kind: one of `SYMBOL_KINDS`; everything that is not one of the first three is a variable.
    defined_in: the module of a function or a class, where it is another one.
    location: ``file:line`` of a function; of a class, that of its first method.
    """

    name: str
    kind: str
    type: str
    text: str
    defined_in: str | None
    location: str | None
    address: int


def modules(snapshot: Snapshot, *, limit: int | None = None, offset: int = 0) -> Page[ModuleSymbols]:
    """Every module by name, those that are no longer imported too."""
    counts = _symbol_counts(snapshot)
    imported = {root.object for root in snapshot.roots}

    def make(module: Module) -> ModuleSymbols:
        index = module.object
        address = int(snapshot.addresses[index])
        return ModuleSymbols(module.name or UNNAMED, module.file, int(counts[index]), index in imported, address)

    ordered = sorted(snapshot.modules, key=lambda module: module.name or UNNAMED)
    return page(ordered, make, limit=limit, offset=offset)


def symbols(
    snapshot: Snapshot,
    name: str,
    marks: Mapping[str, int] | None = None,
    *,
    kind: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> Page[Symbol]:
    """The names of a module in the order in which they were bound.

    name: the module's, or an address, an index or a mark of it. kind: one of `SYMBOL_KINDS`, to have only those.
    Raises UnknownObject.
    """
    module = _find(snapshot, name, marks)
    rows = _global_rows(snapshot, module.object)
    if kind is not None:
        rows = [row for row in rows if _kind(snapshot, int(snapshot.targets[row])) == kind]
    return page(rows, lambda row: _symbol(snapshot, row, module), limit=limit, offset=offset)


def _find(snapshot: Snapshot, name: str, marks: Mapping[str, int] | None) -> Module:
    found = [module for module in snapshot.modules if module.name == name]
    if found:
        imported = {root.object for root in snapshot.roots}
        return next((module for module in found if module.object in imported), found[0])
    if is_name(name):
        for index in resolve(snapshot, name, marks).indices:
            if module := snapshot.modules.of(index):
                return module
        raise UnknownObject(f"{name} is no module", "`symbols` lists the modules.")
    known = [module.name for module in snapshot.modules if module.name]
    raise UnknownObject(f"no module {name!r}", closest(name, known, "`symbols` lists the modules."))


def _global_rows(snapshot: Snapshot, module: int) -> list[int]:
    namespaces = _namespaces(snapshot, np.array([module]))[0]
    rows, _ = rows_of_all(snapshot.starts, namespaces)
    wanted: list[int] = rows[snapshot.labels[rows] >> LABEL_KIND_SHIFT == LabelKind.GLOBAL].tolist()
    return wanted


def _namespaces(snapshot: Snapshot, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The dicts of these modules, and beside each its module."""
    rows, owners = rows_of_all(snapshot.starts, indices)
    is_dict = snapshot.labels[rows] == snapshot.derive(FieldLabels).dict
    return snapshot.targets[rows[is_dict]], owners[is_dict]


def _symbol_counts(snapshot: Snapshot) -> np.ndarray:
    """How many names each object has that is a module. Shape (n_objects,), int64."""
    namespaces, owners = _namespaces(snapshot, snapshot.tables["modules"]["object"])
    rows, modules_ = rows_of_all(snapshot.starts, namespaces, owners)
    is_global = snapshot.labels[rows] >> LABEL_KIND_SHIFT == LabelKind.GLOBAL
    return np.bincount(modules_[is_global], minlength=snapshot.n_objects)


def _kind(snapshot: Snapshot, index: int) -> str:
    if snapshot.type_records.of(index):
        return "class"
    if snapshot.functions.of(index) or snapshot.type_name(index) == "builtin_function_or_method":
        return "function"
    return "module" if snapshot.modules.of(index) else "variable"


def _symbol(snapshot: Snapshot, row: int, module: Module) -> Symbol:
    index = int(snapshot.targets[row])
    record = snapshot.functions.of(index) or snapshot.type_records.of(index)
    described = describe(snapshot, index)
    place = place_of(snapshot, index)
    return Symbol(
        name=snapshot.label(row).name,
        kind=_kind(snapshot, index),
        type=described.type,
        text=described.text,
        defined_in=record.module if record and record.module != module.name else None,
        location=place.text if place else None,
        address=described.address,
    )
