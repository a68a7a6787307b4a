"""What there is to tell of an object because of its type: one function a family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims, is_closed
from pyhandles.findings.companions import companions
from pyhandles.findings.describe import count_items
from pyhandles.findings.descriptors import kind_of, target_of
from pyhandles.findings.openings import opened_at
from pyhandles.findings.roles import role_of
from pyhandles.findings.wording import thread_name
from pyhandles.format import FrameKind, OwnerFlag
from pyhandles.graph.strength import FieldLabels, plain
from pyhandles.inspectors.wrappers import Wrappers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import OwnerRecord

Fields = dict[str, object]

_MAX_LAYERS = 6


def special_fields(snapshot: Snapshot, index: int) -> Fields:
    """By the names of JSON fields; what does not apply to the object is left out."""
    fields: Fields = {}
    for tell in _FAMILIES:
        fields |= tell(snapshot, index)
    return fields


def _owner(snapshot: Snapshot, index: int) -> Fields:
    owner = snapshot.owners.of(index)
    return {} if owner is None else _descriptor(snapshot, owner)


def _wrapper(snapshot: Snapshot, index: int) -> Fields:
    if index not in snapshot.derive(Wrappers):
        return {}
    owner = owner_below(snapshot, index)
    if owner is None:
        return {}
    return {"owner": f"{int(snapshot.addresses[owner.object]):#x}"} | _descriptor(snapshot, owner)


def owner_below(snapshot: Snapshot, index: int) -> OwnerRecord | None:
    """The nearest owner that a wrapper refers to, through other wrappers only."""
    wrappers = snapshot.derive(Wrappers)
    level, seen = [index], {index}
    for _ in range(_MAX_LAYERS):
        below = []
        for source in level:
            for target in _fields_of(snapshot, source):
                owner = snapshot.owners.of(target)
                if owner is not None:
                    return owner
                if target in wrappers and target not in seen:
                    seen.add(target)
                    below.append(target)
        level = below
    return None


def _fields_of(snapshot: Snapshot, index: int) -> Iterator[int]:
    """What an object refers to, its attributes too where they lie in a dict of their own."""
    fields = snapshot.derive(FieldLabels)
    for row in snapshot.rows_of(index):
        target = int(snapshot.targets[row])
        yield target
        if plain(int(snapshot.labels[row])) == fields.dict:
            yield from (int(snapshot.targets[inner]) for inner in snapshot.rows_of(target))


def _descriptor(snapshot: Snapshot, owner: OwnerRecord) -> Fields:
    claims = snapshot.derive(Claims)
    if is_closed(owner):
        return {"fd": None, "closed": True, "state": "closed"}
    fields: Fields = {"fd": owner.fd, "closed": False, "state": _state(owner, is_stale=claims.is_stale(owner))}
    if owner.flags & OwnerFlag.BORROWED:
        fields["closefd"] = False
    if owner.uses > 0:
        fields["makefile_objects"] = owner.uses
    descriptor = claims.descriptors.get(owner.fd)
    if descriptor is None or claims.is_stale(owner):
        return fields
    fields |= {"kind": kind_of(descriptor), "target": target_of(descriptor)}
    fields |= {name: text for name in ("local", "peer") if (text := getattr(descriptor, name))}
    if opened := opened_at(snapshot, owner.fd):
        fields["opened_at"] = opened
    fields |= {name.replace(" ", "_"): text for name, text in companions(snapshot, owner.fd).facts()}
    if descriptor.position >= 0:
        fields["position"] = descriptor.position
    return fields


def _state(owner: OwnerRecord, *, is_stale: bool) -> str:
    if is_stale:
        return "stale"
    return "closing" if owner.flags & OwnerFlag.CLOSING else "open"


def _frame(snapshot: Snapshot, index: int) -> Fields:
    frame = snapshot.frames.of(index)
    if frame is None:
        return {}
    fields: Fields = {"line": frame.line, "state": FrameKind(frame.kind).name.lower().replace("_", " ")}
    if thread := thread_name(snapshot, frame):
        fields |= {"thread": thread, "depth": frame.depth}
    return fields


def _container(snapshot: Snapshot, index: int) -> Fields:
    length = count_items(snapshot, index)
    return {} if length is None else {"length": length}


def _exception(snapshot: Snapshot, index: int) -> Fields:
    exception = snapshot.exceptions.of(index)
    return {"message": exception.message} if exception and exception.message is not None else {}


def _role(snapshot: Snapshot, index: int) -> Fields:
    role = role_of(snapshot, None, [index])
    return {} if role is None else {"role": role.text}


_FAMILIES: tuple[Callable[[Snapshot, int], Fields], ...] = (_role, _owner, _wrapper, _frame, _container, _exception)
