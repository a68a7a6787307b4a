"""Which objects fit what is looked for: each filter a mask over all objects."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from pyhandles.errors import BadFilter
from pyhandles.findings.amounts import within
from pyhandles.findings.claims import Claims
from pyhandles.findings.patterns import Pattern
from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LABEL_VALUE_MASK, SATURATED, LabelKind
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import FieldLabels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyhandles.snapshot import Snapshot

_ATTRIBUTES = (LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER, LabelKind.GLOBAL)
_NO_MODULE = "builtins"


@dataclass(frozen=True, slots=True)
class Filters:
    """What an object must be; None and False leave it open. Names may have wildcards.

    type: its type's name. subtype_of: the name of its type or of any base of it. name: its own, of a function, a
    class, a module or a code object. module: where a function or class was defined, a module's own name; of any other
    object where its type was defined. attr: an attribute, slot or member that it has. refcount, size (bytes): bounds,
    as in ``5``, ``>1000``, ``<1M``; what is immortal has no count. garbage: no root reaches it. fd: it owns an open
    descriptor.
    """

    type: str | None = None
    subtype_of: str | None = None
    name: str | None = None
    module: str | None = None
    attr: str | None = None
    refcount: str | int | None = None
    size: str | int | None = None
    garbage: bool = False
    fd: bool = False


def fitting(snapshot: Snapshot, filters: Filters) -> np.ndarray:
    """The objects that fit all filters, in the order of the file. Shape (n,), int64.

    Raises BadFilter for no filter or a bound that is none; UnknownObject for a name that nothing has.
    """
    asked = [(field.name, value) for field in fields(filters) if (value := getattr(filters, field.name)) not in _OPEN]
    if not asked:
        raise BadFilter("find: give at least one filter", "As in `find --type Connection` or `find --size >1M`.")
    fits = np.ones(snapshot.n_objects, dtype=bool)
    for name, value in asked:
        fits &= _MASKS[name](snapshot, value)
    return np.flatnonzero(fits)


_OPEN = (None, False)


def _of_type(snapshot: Snapshot, text: str) -> np.ndarray:
    return _instances(snapshot, _types(snapshot, text))


def _of_subtype(snapshot: Snapshot, text: str) -> np.ndarray:
    is_wanted = _types(snapshot, text)
    table = snapshot.tables["types"]
    rows = np.flatnonzero(snapshot.labels >> LABEL_KIND_SHIFT == LabelKind.BASE)
    derived = np.concatenate([_sources(snapshot, rows), table["object"]])
    bases = np.concatenate([snapshot.targets[rows], np.minimum(table["base"], snapshot.n_objects)])
    while True:
        more = derived[is_wanted[bases] & ~is_wanted[derived]]
        if not len(more):
            return _instances(snapshot, is_wanted)
        is_wanted[more] = True


def _types(snapshot: Snapshot, text: str) -> np.ndarray:
    """Which objects are types of this name. Shape (n_objects + 1,), bool; the last stands for the type of none."""
    pattern = Pattern(text)
    is_wanted = np.full(snapshot.n_objects + 1, pattern.fits_name(None, "object"))
    for record in snapshot.type_records:
        is_wanted[record.object] = pattern.fits_name(record.module, record.qualname)
    if not is_wanted.any():
        known = (snapshot.name_of_type(record.object) for record in snapshot.type_records)
        raise pattern.unknown("type", known, "`count` lists the types.")
    return is_wanted


def _instances(snapshot: Snapshot, is_wanted: np.ndarray) -> np.ndarray:
    instances: np.ndarray = is_wanted[np.minimum(snapshot.types, snapshot.n_objects)]
    return instances


def _called(snapshot: Snapshot, text: str) -> np.ndarray:
    pattern = Pattern(text)
    fits = np.zeros(snapshot.n_objects, dtype=bool)
    for index, module, name in _named(snapshot):
        if pattern.fits_name(module, name):
            fits[index] = True
    if not fits.any():
        known = (name for _, _, name in _named(snapshot) if name)
        raise pattern.unknown("function, class, module or code", known, "`symbols` lists the names of modules.")
    return fits


def _named(snapshot: Snapshot) -> Iterator[tuple[int, str | None, str | None]]:
    """What has a name of its own, with its module and its name."""
    for record in snapshot.functions:
        yield record.object, record.module, record.qualname
    for type_ in snapshot.type_records:
        yield type_.object, type_.module, type_.qualname
    for module in snapshot.modules:
        yield module.object, None, module.name
    for code in snapshot.codes:
        yield code.object, None, code.qualname or code.name


def _of_module(snapshot: Snapshot, text: str) -> np.ndarray:
    pattern = Pattern(text)
    is_wanted = np.full(snapshot.n_objects + 1, bool(pattern.fits(_NO_MODULE)))
    own = {record.object: record.module or _NO_MODULE for record in snapshot.type_records}
    for index, module in own.items():
        is_wanted[index] = bool(pattern.fits(module))
    fits = _instances(snapshot, is_wanted)
    own |= {record.object: record.module or _NO_MODULE for record in snapshot.functions}
    own |= {record.object: record.name or "" for record in snapshot.modules}
    known = dict.fromkeys(own.values())
    wanted = {module for module in known if pattern.fits(module)}
    if not wanted:
        raise pattern.unknown("module", known, "`symbols` lists the modules.")
    for index, module in own.items():
        fits[index] = module in wanted
    return fits


def _with_attribute(snapshot: Snapshot, text: str) -> np.ndarray:
    """Those whose references are called so; an attribute in a ``__dict__`` is that of its instance."""
    pattern = Pattern(text)
    is_attribute = np.zeros(max(LabelKind) + 1, dtype=bool)
    is_attribute[list(_ATTRIBUTES)] = True
    rows = np.flatnonzero(is_attribute[snapshot.labels >> LABEL_KIND_SHIFT])
    values = snapshot.labels[rows] & LABEL_VALUE_MASK
    is_used = np.zeros(len(snapshot.strings), dtype=bool)
    is_used[values] = True
    names = {index: snapshot.strings.get(index) or "" for index in np.flatnonzero(is_used).tolist()}
    is_wanted = np.zeros(len(snapshot.strings), dtype=bool)
    is_wanted[[index for index, name in names.items() if pattern.fits(name)]] = True
    if not is_wanted.any():
        raise pattern.unknown("attribute", names.values(), "`show X` lists the attributes of an object.")
    fits = np.zeros(snapshot.n_objects, dtype=bool)
    fits[_sources(snapshot, rows[is_wanted[values]])] = True
    rows = np.flatnonzero(snapshot.labels & ~np.uint32(LABEL_UNCOUNTED) == snapshot.derive(FieldLabels).dict)
    rows = rows[fits[snapshot.targets[rows]]]
    fits[snapshot.targets[rows]] = False
    fits[_sources(snapshot, rows)] = True
    return fits


def _sources(snapshot: Snapshot, rows: np.ndarray) -> np.ndarray:
    sources: np.ndarray = np.searchsorted(snapshot.starts, rows, side="right") - 1
    return sources


def _counted(snapshot: Snapshot, bound: str | int) -> np.ndarray:
    fits = within(snapshot.refcounts, bound, what="reference count")
    fits &= snapshot.refcounts != SATURATED
    return fits


def _large(snapshot: Snapshot, bound: str | int) -> np.ndarray:
    return within(snapshot.sizes, bound, what="size", is_bytes=True)


def _garbage(snapshot: Snapshot, _: bool) -> np.ndarray:  # noqa: FBT001 - a filter as the others
    is_garbage: np.ndarray = ~snapshot.derive(Roots).reachable
    return is_garbage


def _owning(snapshot: Snapshot, _: bool) -> np.ndarray:  # noqa: FBT001 - a filter as the others
    claims = snapshot.derive(Claims)
    fits = np.zeros(snapshot.n_objects, dtype=bool)
    fits[[owner.object for fd in claims.descriptors for owner in claims.owners(fd)]] = True
    return fits


_MASKS: dict[str, Callable[[Snapshot, Any], np.ndarray]] = {
    "type": _of_type,
    "subtype_of": _of_subtype,
    "name": _called,
    "module": _of_module,
    "attr": _with_attribute,
    "refcount": _counted,
    "size": _large,
    "garbage": _garbage,
    "fd": _owning,
}
"""By field of `Filters`."""
