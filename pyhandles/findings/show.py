"""One object, with all that the snapshot knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyhandles.findings.claims import is_closed
from pyhandles.findings.describe import Described, code_of, describe, location
from pyhandles.findings.lingering.closed import lingering_at
from pyhandles.findings.referents import Referent, groups, referents
from pyhandles.findings.special import special_fields
from pyhandles.format import SATURATED
from pyhandles.graph.adjacency import Adjacency
from pyhandles.snapshot.model import full_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot

__all__ = ["FIRST_REFERENCES", "Details", "Referent", "show"]

FIRST_REFERENCES = 20
"""So many references, and so many of each group, are shown."""


@dataclass(frozen=True, slots=True)
class Details:
    """The answer to ``show``.

    size: bytes. refcount: None where the object is immortal. name: qualified name of a function, class or module.
    location: ``file:line``. references: the first ones; ``more``, how many are left out.
    special: what is special to the type, by the names of JSON fields: ``fd``, ``closed``, ``state``, ``target``,
        ``peer``, ``other_end``, ``line``, ``thread``, ``length``, ``message``, ``lingering``, ``locals``,
        ``attributes``, ``items``, …
        Values are int, str, bool, None, or a tuple of `Referent`.
    """

    object: Described
    size: int
    refcount: int | None
    name: str | None
    location: str | None
    references: tuple[Referent, ...]
    more: int
    referrer_count: int
    special: Mapping[str, Any]


def show(snapshot: Snapshot, index: int, *, all: bool = False) -> Details:  # noqa: A002  # The option is called so.
    """Tell what is known of the object at ``index``; ``all`` lists every reference."""
    limit = None if all else FIRST_REFERENCES
    rows = snapshot.rows_of(index)
    first = rows[:limit]
    refcount = int(snapshot.refcounts[index])
    name, place = _identity(snapshot, index)
    return Details(
        object=describe(snapshot, index),
        size=int(snapshot.sizes[index]),
        refcount=None if refcount == SATURATED else refcount,
        name=name,
        location=place,
        references=referents(snapshot, first),
        more=len(rows) - len(first),
        referrer_count=snapshot.derive(Adjacency).count_incoming(index),
        special=special_fields(snapshot, index) | _lingering(snapshot, index) | groups(snapshot, index, limit),
    )


def _lingering(snapshot: Snapshot, index: int) -> dict[str, object]:
    """What `closed` tells of the descriptor that the object owns."""
    owner = snapshot.owners.of(index)
    found = lingering_at(snapshot, owner.fd) if owner and not is_closed(owner) else ()
    return {"lingering": "; ".join(each.text for each in found)} if found else {}


def _identity(snapshot: Snapshot, index: int) -> tuple[str | None, str | None]:
    """Name and location of what has them: functions, classes, modules, code objects, frames."""
    if function := snapshot.functions.of(index):
        return full_name(function.module, function.qualname), location(snapshot, function.code, full=True)
    if type_ := snapshot.type_records.of(index):
        return full_name(type_.module, type_.qualname), None
    if module := snapshot.modules.of(index):
        return module.name, module.file
    if code := snapshot.codes.of(index):
        return code.qualname or code.name, location(snapshot, index, full=True)
    if (frame := snapshot.frames.of(index)) and (code := code_of(snapshot, frame.code)):
        return code.qualname or code.name, f"{code.file or '?'}:{frame.line}"
    return None, None
