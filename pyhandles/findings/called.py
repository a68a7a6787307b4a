"""The object whose descriptor a thread's call was given: CPython reads the number from it before it blocks.

It lies on the evaluation stack of the innermost frame, itself or in what is called or given: a bound method, a file's
outer layer, a list for `select`. Where nothing is there, for Pythons before 3.14 do not tell all of what is, it lies in
a variable or in an attribute of ``self``.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pyhandles.findings.claims import is_closed
from pyhandles.findings.referents import groups
from pyhandles.findings.special import owner_below
from pyhandles.format import LABEL_KIND_SHIFT, LabelKind, OwnerFlag, OwnerKind
from pyhandles.graph.folding import METHOD_TYPES
from pyhandles.inspectors.wrappers import Wrappers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Frame, OwnerRecord

SOCKET_CALLS = frozenset(
    {
        *("accept", "accept4", "connect", "recv", "recvfrom", "recvmsg", "recvmmsg"),
        *("send", "sendto", "sendmsg", "sendmmsg"),
    }
)
EPOLL_CALLS = frozenset({"epoll_wait", "epoll_pwait", "epoll_pwait2"})
_SEQUENCES = frozenset({"list", "tuple", "set"})
_MOST = 1024


class Called(NamedTuple):
    """object: index of the owner. how: ``it calls``, ``it has in a variable``, ``it has in an attribute``."""

    object: int
    is_closed: bool
    how: str


def called(snapshot: Snapshot, frame: Frame, call: str, fd: int) -> Called | None:
    """The object that has this number, else one that is closed by now and can have had it.

    None where there is neither, or both and it is open which of them was called.
    """
    for how, objects in _places(snapshot, frame, fd):
        owners = [each for index in objects for each in _owners(snapshot, index) if _could_call(each, call)]
        has = next((each for each in owners if each.fd == fd and not is_closed(each)), None)
        closed = next((each for each in owners if is_closed(each) and not each.flags & OwnerFlag.BORROWED), None)
        if has and closed:
            return None
        if has or (closed and (how != _ATTRIBUTE or call in SOCKET_CALLS | EPOLL_CALLS)):
            found = has or closed
            return found and Called(found.object, found is closed, how)
    return None


_STACK, _VARIABLE, _ATTRIBUTE = "it calls", "it has in a variable", "it has in an attribute"


def _places(snapshot: Snapshot, frame: Frame, fd: int) -> Iterator[tuple[str, Iterable[int]]]:
    """Where a frame has what it calls, the surest first.

    A number that lies in a variable may be what was called with, whatever else lies in the others.
    """
    yield _STACK, list(_targets(snapshot, frame, LabelKind.STACK))
    yield _STACK, list(_targets(snapshot, frame, LabelKind.STACK_CANDIDATE))
    if fd in snapshot.derive(_numbers_of).get(frame.object, ()):
        return
    yield _VARIABLE, list(_targets(snapshot, frame, LabelKind.LOCAL))
    selves = _targets(snapshot, frame, LabelKind.LOCAL, "self")
    attributes = (each for index in selves for each in groups(snapshot, index, _MOST).get("attributes", ()))
    yield _ATTRIBUTE, [each.object.index for each in attributes]


def _numbers_of(snapshot: Snapshot) -> Mapping[int, set[int]]:
    """Object → the numbers of descriptors in its variables."""
    found: dict[int, set[int]] = defaultdict(set)
    for number in snapshot.numbers:
        found[number.object].add(number.value)
    return found


def _targets(snapshot: Snapshot, frame: Frame, kind: LabelKind, name: str | None = None) -> Iterator[int]:
    for row in snapshot.rows_of(frame.object):
        if int(snapshot.labels[row]) >> LABEL_KIND_SHIFT == kind and name in {None, snapshot.label(row).name}:
            yield int(snapshot.targets[row])


def _owners(snapshot: Snapshot, index: int) -> Iterator[OwnerRecord]:
    """The object itself, that below a wrapper; those whose bound method it is, or that stand in a sequence."""
    owner = _owner(snapshot, index)
    if owner is not None:
        yield owner
    elif snapshot.type_name(index) in METHOD_TYPES | _SEQUENCES:
        for row in snapshot.rows_of(index)[:_MOST]:
            owner = _owner(snapshot, int(snapshot.targets[row]))
            if owner is not None:
                yield owner


def _owner(snapshot: Snapshot, index: int) -> OwnerRecord | None:
    owner = snapshot.owners.of(index)
    return owner_below(snapshot, index) if owner is None and index in snapshot.derive(Wrappers) else owner


def _could_call(owner: OwnerRecord, call: str) -> bool:
    if call in SOCKET_CALLS:
        return owner.kind == OwnerKind.SOCKET
    if call in EPOLL_CALLS:
        return owner.kind == OwnerKind.EPOLL
    return True
