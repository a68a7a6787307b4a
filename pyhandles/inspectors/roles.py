"""What a handle is for: its role, by where its owner lies in the objects of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.families import FIELDS, TYPES
from pyhandles.inspectors.wrappers import Wrappers

if TYPE_CHECKING:
    from pyhandles.inspectors.lens import Lens, Place
    from pyhandles.inspectors.role import Role

_MOST_OBJECTS = 48
_CONTAINERS = {"list", "tuple", "dict", "set", "collections.deque"}
_RANKS = {key: rank for rank, key in enumerate(FIELDS)}
_RULES = tuple(FIELDS.values())


def role(lens: Lens, owner: int) -> Role | None:
    """The role of an owner: by its place, else by its type; None where nothing is known of either."""
    return _by_place(lens, owner) or _by_type(lens, owner)


def role_of_number(lens: Lens, place: Place) -> Role | None:
    """The role of a descriptor of which a library keeps the number, in this field."""
    rank = _rank(lens, place)
    if rank is None:
        return None
    return _by_place(lens, place.source) or _RULES[rank](lens, place.source)


def _by_place(lens: Lens, start: int) -> Role | None:
    """The role of what lies at ``start``: the first of `FIELDS` among the places above it.

    Goes up through wrappers, through containers, and through what has a rule: from a socket through the transport to
    the stream, so that what says most tells the role.
    """
    wrappers = lens.snapshot.derive(Wrappers)
    best: tuple[int, int] | None = None
    queue, seen = [start], {start}
    for index in queue:
        if len(seen) > _MOST_OBJECTS:
            break
        for place in lens.places(index):
            rank = _rank(lens, place)
            if rank is not None and (best is None or rank < best[0]):
                best = rank, place.source
            goes_on = rank is not None or place.source in wrappers or _is_container(lens, place)
            if goes_on and place.source not in seen:
                seen.add(place.source)
                queue.append(place.source)
    return None if best is None else _RULES[best[0]](lens, best[1])


def _rank(lens: Lens, place: Place) -> int | None:
    if not place.name:
        return None
    keys = ((name, place.name) for name in lens.lineage(place.source))
    return min((_RANKS[key] for key in keys if key in _RANKS), default=None)


def _is_container(lens: Lens, place: Place) -> bool:
    return not place.name and lens.snapshot.type_name(place.source) in _CONTAINERS


def _by_type(lens: Lens, owner: int) -> Role | None:
    return next((TYPES[name](lens, owner) for name in lens.lineage(owner) if name in TYPES), None)
