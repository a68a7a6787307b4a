"""What the user may call an object: a descriptor number, an address, an index, a mark, an earlier answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, SupportsIndex

from pyhandles.errors import UnknownObject
from pyhandles.findings.claims import Claims
from pyhandles.findings.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyhandles.snapshot import Snapshot

_MAX_DIGITS = 20
_MAX_DESCRIPTOR = 2**31 - 1
_NAMING_HINT = "63 is a descriptor, 0x7f12… an address, #1234 an index, *A a mark; `find --name` looks for names."


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


def is_name(text: str) -> bool:
    """Whether the text has the form of such a name, whatever it stands for."""
    return any(re.fullmatch(pattern, text) for pattern, _ in _WAYS)


def resolve_any(snapshot: Snapshot, what: object, marks: Mapping[str, int] | None = None) -> Named:
    """Find what Python code names: by a text as `resolve` takes it, by a number, or by an answer about it.

    A number is that of a descriptor if it was open, else an address. An answer stands for what it is about: a handle
    for its descriptor, a stale one for its owner; an object, or a line or an answer with one, for that; a cluster for
    its first descriptor. Descriptors are found again in another snapshot, objects only in their own.
    Raises UnknownObject.
    """
    if isinstance(what, Named):
        return what
    if isinstance(what, str):
        return resolve(snapshot, what, marks)
    if isinstance(what, SupportsIndex) and not isinstance(what, bool):
        return _by_number(snapshot, int(what))
    return _by_answer(snapshot, what)


def _by_answer(snapshot: Snapshot, what: object) -> Named:
    about = next((part for name in _PARTS if (part := getattr(what, name, None))), None)
    if about is not None:
        return resolve_any(snapshot, about[0] if isinstance(about, tuple) else about)
    number, owners, index, address = (getattr(what, name, None) for name in ("fd", "owners", "index", "address"))
    if number is not None:
        return _by_descriptor(snapshot, str(number), {})
    if owners:
        return resolve_any(snapshot, owners[0])
    if isinstance(index, int):
        return _by_place(snapshot, index, address)
    if isinstance(address, int):
        return _by_address(snapshot, f"{address:x}", {})
    raise UnknownObject(f"{what!r} names no object", _NAMING_HINT)


_PARTS = ("object", "handle", "cluster", "ancestries", "fds")
"""Fields that say what an answer is about, those that say most first."""


def _by_number(snapshot: Snapshot, number: int) -> Named:
    index = None if number in snapshot.derive(Claims).descriptors else snapshot.at_address(number)
    if index is not None:
        return Named((index,), None)
    if number > _MAX_DESCRIPTOR:
        return _by_address(snapshot, f"{number:x}", {})
    return _by_descriptor(snapshot, str(number), {})


def _by_place(snapshot: Snapshot, index: int, address: int | None) -> Named:
    if index >= snapshot.n_objects or (address is not None and int(snapshot.addresses[index]) != address):
        raise UnknownObject("that object is of another snapshot", "A descriptor number stands for its owners in any.")
    return Named((index,), None)


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
        raise UnknownObject(f"no object is at {address:#x}", closest(f"{address:#x}", owners, UnknownObject.hint))
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


_WAYS: tuple[tuple[str, Callable[[Snapshot, str, Mapping[str, int]], Named]], ...] = (
    (rf"([0-9]{{1,{_MAX_DIGITS}}})", _by_descriptor),
    (rf"0[xX]([0-9a-fA-F]{{1,{_MAX_DIGITS}}})", _by_address),
    (rf"#([0-9]{{1,{_MAX_DIGITS}}})", _by_index),
    (r"\*([A-Za-z]+)", _by_mark),
)
