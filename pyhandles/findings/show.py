"""One object, with all that the snapshot knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyhandles.findings.describe import Described
from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Referent:
    label: str
    object: Described


@dataclass(frozen=True, slots=True)
class Details:
    """The answer to ``show``.

    size: bytes. refcount: None where the object is immortal. name: qualified name of a function, class or module.
    location: ``file:line``. references: the first ones; ``more``, how many are left out.
    special: what is special to the type, by the names of JSON fields: ``fd``, ``closed``, ``state``, ``target``,
        ``peer``, ``line``, ``thread``, ``length``, ``message``, ``locals``, ``attributes``, ``items``, …
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
    special: Mapping[str, object]


def show(snapshot: Snapshot, index: int, *, all: bool = False) -> Details:
    """Tell what is known of the object at ``index``; ``all`` lists every reference."""
    raise NotImplementedError
