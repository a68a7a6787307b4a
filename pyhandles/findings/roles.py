"""The role of a handle: what a library uses it for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.graph.folding import Folding
from pyhandles.inspectors import roles
from pyhandles.inspectors.databases import CONNECTION, database_role
from pyhandles.inspectors.lens import Lens, Place
from pyhandles.inspectors.wrappers import Wrappers
from pyhandles.snapshot.labels import read_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.inspectors.role import Role
    from pyhandles.snapshot import Snapshot


def role_of(snapshot: Snapshot, fd: int | None, owners: Sequence[int]) -> Role | None:
    """The role of a descriptor, by its first owner; of one without an owner, by the object that keeps its number."""
    known = snapshot.derive(_Known)
    key = (fd, owners[0] if owners else None)
    if key not in known:
        known[key] = _find(snapshot, fd, owners)
    return known[key]


class _Known(dict["tuple[int | None, int | None]", "Role | None"]):
    """What was found before, by descriptor number and owner."""

    def __init__(self, _: Snapshot) -> None:
        super().__init__()


def lens_of(snapshot: Snapshot) -> Lens:
    """The heap as inspectors see it."""
    return snapshot.derive(_lens)


def _lens(snapshot: Snapshot) -> Lens:
    return Lens(snapshot, snapshot.derive(Folding).referrers)


def _find(snapshot: Snapshot, fd: int | None, owners: Sequence[int]) -> Role | None:
    lens = lens_of(snapshot)
    if owners:
        # Where None or a small integer lies tells nothing.
        is_one = snapshot.owners.of(owners[0]) is not None or owners[0] in snapshot.derive(Wrappers)
        return roles.role(lens, owners[0]) if is_one else None
    if fd is None:
        return None
    places = snapshot.derive(_places_of_numbers).get(fd, ())
    return next((role for place in places if (role := roles.role_of_number(lens, place))), None) or _database(
        snapshot, fd
    )


def _database(snapshot: Snapshot, fd: int) -> Role | None:
    descriptor = snapshot.derive(Claims).descriptors.get(fd)
    if descriptor is None or not descriptor.link or kind_of(descriptor) != "file":
        return None
    return database_role(descriptor.link, snapshot.derive(_open_paths)) if snapshot.derive(_has_database) else None


def _has_database(snapshot: Snapshot) -> bool:
    return len(snapshot.objects_of(CONNECTION)) > 0


def _open_paths(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(each.link for each in snapshot.derive(Claims).descriptors.values() if each.link)


def keeps_number(snapshot: Snapshot, index: int, name: str) -> bool:
    """Whether the object is of a library's type that is known to keep a descriptor's number in this field."""
    return roles.role_of_number(lens_of(snapshot), Place(index, name)) is not None


def _places_of_numbers(snapshot: Snapshot) -> dict[int, list[Place]]:
    """Descriptor number → where objects keep it in a field called like one."""
    places: dict[int, list[Place]] = {}
    for number in snapshot.numbers:
        name = read_label(number.label, snapshot.strings).name
        places.setdefault(number.value, []).append(Place(number.object, name))
    return places
