"""What the user may call an object: a descriptor number, an address, an index, a mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Named:
    """The objects that a name stands for; ``fd`` is the descriptor number if the name was one.

    A descriptor number stands for its owners, perhaps none.
    """

    indices: tuple[int, ...]
    fd: int | None


def resolve(snapshot: Snapshot, name: str, marks: Mapping[str, int] | None = None) -> Named:
    """Find the objects called ``name``: ``63``, ``0x7f12…``, ``#1234`` or ``*A``.

    marks: of the last answer, ``*A`` → index.
    Raises UnknownObject.
    """
    raise NotImplementedError
