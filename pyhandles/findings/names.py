"""What the user may call an object: a descriptor number, an address, an index, a mark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pyhandles.errors import UnknownObject
from pyhandles.findings.claims import Claims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pyhandles.snapshot import Snapshot

_MAX_DIGITS = 20
_NAMING_HINT = "63 is a descriptor, 0x7f12… an address, #1234 an index, *A a mark of the last answer."


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
    for pattern, find in _WAYS:
        match = re.fullmatch(pattern, name)
        if match:
            return find(snapshot, match[1], marks or {})
    raise UnknownObject(f"{name!r} names no object", _NAMING_HINT)


def _by_descriptor(snapshot: Snapshot, digits: str, _marks: Mapping[str, int]) -> Named:
    claims = snapshot.derive(Claims)
    fd = int(digits)
    if fd not in claims.descriptors:
        raise UnknownObject(f"descriptor {fd} was not open", "`io list` shows those that were.")
    return Named(tuple(owner.object for owner in claims.owners(fd)), fd)


def _by_address(snapshot: Snapshot, digits: str, _marks: Mapping[str, int]) -> Named:
    address = int(digits, 16)
    index = snapshot.at_address(address)
    if index is None:
        owners = (f"{int(snapshot.addresses[owner.object]):#x}" for owner in snapshot.owners)
        raise UnknownObject(f"no object is at {address:#x}", _closest(f"{address:#x}", owners))
    return Named((index,), None)


def _by_index(snapshot: Snapshot, digits: str, _marks: Mapping[str, int]) -> Named:
    index = int(digits)
    if index >= snapshot.n_objects:
        raise UnknownObject(f"there is no object #{index}", f"Indices go from #0 to #{snapshot.n_objects - 1}.")
    return Named((index,), None)


def _by_mark(_snapshot: Snapshot, letters: str, marks: Mapping[str, int]) -> Named:
    mark = f"*{letters.upper()}"
    if mark not in marks:
        known = f"The last answer has {', '.join(marks)}." if marks else "The last answer has no marks."
        raise UnknownObject(f"no object is marked {mark}", known)
    return Named((marks[mark],), None)


def _closest(name: str, known: Iterable[str]) -> str:
    """A hint with the names that look most like a wrong one."""
    close = get_close_matches(name, known, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(close)}?" if close else UnknownObject.hint


_WAYS: tuple[tuple[str, Callable[[Snapshot, str, Mapping[str, int]], Named]], ...] = (
    (rf"([0-9]{{1,{_MAX_DIGITS}}})", _by_descriptor),
    (rf"0[xX]([0-9a-fA-F]{{1,{_MAX_DIGITS}}})", _by_address),
    (rf"#([0-9]{{1,{_MAX_DIGITS}}})", _by_index),
    (r"\*([A-Za-z]+)", _by_mark),
)
