"""A descriptor of which another number of this process is a copy: closing one of them leaves the file open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptor_holder import descriptor_holder
from pyhandles.findings.ledger import STANDARD, class_of
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.lingering.past import Deed, Past
from pyhandles.findings.lingering.wanted import is_wanted
from pyhandles.findings.lingering.wording import fds_text, listed, local_of, plural, target
from pyhandles.findings.open_files import OpenFiles
from pyhandles.findings.roles import role_of
from pyhandles.format import OwnerFlag, OwnerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot

_OWN_COPIES = frozenset({OwnerKind.MMAP, OwnerKind.SCANDIR})
"""What makes a copy for itself, and closes that when it is done."""
_ADVICE = (
    "close every copy, or hand on the object itself instead of a copy of its number; `shutdown()` ends a connection "
    "whatever else has it open"
)


@dataclass(frozen=True, slots=True)
class Copy:
    """One of the numbers. class_: the ledger's. copied: the call that made it, of the number ``of``; None: not known.

    received: it came by a message. is_let_go: nothing that lives owns it, or its owner was closed.
    """

    fd: int
    owner: str | None
    holder: str | None
    class_: str
    copied: Deed | None
    of: int | None
    received: bool
    is_let_go: bool


@dataclass(frozen=True, slots=True)
class Original:
    """A number that was closed after a copy of it had been made. moved: by the code that had just copied it."""

    fd: int
    closed: Deed
    moved: bool


@dataclass(frozen=True, slots=True)
class OneOpenFile:
    """copies: the numbers that are open, ascending. originals: those that were closed."""

    copies: tuple[Copy, ...]
    originals: tuple[Original, ...]


def duplicates(snapshot: Snapshot) -> list[Lingering]:
    """Of the standard streams, which mostly share a terminal, nothing is told, nor of the copies of a mapping."""
    past = snapshot.derive(Past)
    alike: defaultdict[tuple[object, bool], list[OneOpenFile]] = defaultdict(list)
    for group in snapshot.derive(OpenFiles).groups:
        if len(group) == 1 and not (past.copy_of(group[0]) or past.is_received(group[0])):
            continue
        numbers = [fd for fd in group if not _is_own_copy(snapshot, fd)]
        originals = _originals(snapshot, numbers)
        if STANDARD.keys().isdisjoint(group) and (len(numbers) > 1 or originals):
            one = OneOpenFile(tuple(_copy(snapshot, fd) for fd in numbers), originals)
            alike[_shape(one), _is_ordinary(snapshot, one)].append(one)
    return [_told(snapshot, found, is_ordinary=key[1]) for key, found in alike.items()]


def _is_own_copy(snapshot: Snapshot, fd: int) -> bool:
    owners = snapshot.derive(Claims).owners(fd)
    return bool(owners) and all(owner.kind in _OWN_COPIES for owner in owners)


def _originals(snapshot: Snapshot, numbers: Sequence[int]) -> tuple[Original, ...]:
    past = snapshot.derive(Past)
    found: dict[int, Original] = {}
    descriptors = snapshot.derive(Claims).descriptors
    for fd in numbers:
        sent = past.closed_at(descriptors[fd].local, descriptors[fd].peer) if past.is_received(fd) else None
        if sent:  # this process sent it to itself, and closed it then
            found[sent[1].fd] = Original(sent[1].fd, past.deed(sent[1]), moved=False)
        copied = past.copy_of(fd)
        if copied and copied.other not in numbers and copied.other not in STANDARD:
            closed = past.closed_after(copied.other, copied.sequence)
            if closed:
                moved = past.is_by_the_same_code(copied, closed)
                found[copied.other] = Original(copied.other, past.deed(closed), moved)
    return tuple(found.values())


def _copy(snapshot: Snapshot, fd: int) -> Copy:
    past, owners = snapshot.derive(Past), snapshot.derive(Claims).owners(fd)
    copied, class_ = past.copy_of(fd), class_of(snapshot, fd)
    is_kept = class_ == "raw" and role_of(snapshot, fd, []) is not None
    return Copy(
        fd=fd,
        owner=snapshot.type_name(owners[0].object) if owners else None,
        holder=descriptor_holder(snapshot, fd),
        class_=class_,
        copied=past.deed(copied) if copied else None,
        of=copied.other if copied else None,
        received=past.is_received(fd),
        is_let_go=(class_ in {"raw", "native", "garbage"} and not is_kept)
        or any(owner.flags & OwnerFlag.CLOSING for owner in owners),
    )


def _is_ordinary(snapshot: Snapshot, one: OneOpenFile) -> bool:
    """Whether nobody has closed anything, or only moved it to another number."""
    if any(is_wanted(snapshot, local_of(snapshot, copy.fd)) for copy in one.copies):
        return False
    if any(not original.moved for original in one.originals):
        return False
    return len(one.copies) == 1 or not any(copy.is_let_go for copy in one.copies)


def _shape(one: OneOpenFile) -> object:
    copies = tuple((copy.owner, copy.class_, copy.copied and copy.copied.site) for copy in one.copies)
    return copies, tuple(original.closed.site for original in one.originals)


def _told(snapshot: Snapshot, found: Sequence[OneOpenFile], *, is_ordinary: bool) -> Lingering:
    one, fds = found[0], tuple(copy.fd for each in found for copy in each.copies)
    first, text = one.copies[0], _text(one)
    if len(found) > 1:
        text += f"; so it is with {plural(len(found) - 1, 'other')}, {fds_text(fds[len(one.copies) :])}"
    copied = next((copy.copied for copy in one.copies if copy.copied), None)
    closed = one.originals[0].closed if one.originals else copied
    return Lingering(
        kind="duplicate",
        fds=fds,
        count=len(found),
        target=target(snapshot, first.fd),
        address=local_of(snapshot, first.fd),
        text=text,
        thread=closed.thread if closed else None,
        site=copied.site if copied else None,
        proof=one,
        evidence=(*map(_copy_text, one.copies), *map(_original_text, one.originals)),
        advice=_ADVICE,
        ordinary=is_ordinary,
    )


def _text(one: OneOpenFile) -> str:
    numbers = [f"fd {copy.fd}" for copy in one.copies]
    if one.originals:
        gone = listed([f"fd {original.fd}" for original in one.originals])
        was = "were" if len(one.originals) > 1 else "was"
        copies, they = ("is a copy", "it is") if len(numbers) == 1 else ("are copies", "they are")
        whose = listed([_whose(copy) for copy in one.copies])
        return (
            f"{gone} {was} closed, but {listed(numbers)} {copies}, and it stays open until {they} closed, too: {whose}"
        )
    both = "both" if len(numbers) == 2 else "all"  # Two are both.
    text = f"{listed(numbers)} are one open file, and it stays open until {both} are closed"
    return text + (f": {listed([_whose(copy) for copy in one.copies])}" if any(c.is_let_go for c in one.copies) else "")


def _whose(copy: Copy) -> str:
    if copy.holder:
        return f"fd {copy.fd} is held by {copy.holder}"
    return f"no object owns fd {copy.fd}" if copy.owner is None else f"fd {copy.fd} is owned by a {copy.owner}"


def _copy_text(copy: Copy) -> str:
    owner = f"is owned by a {copy.owner}" if copy.owner else "has no owner"
    if copy.received:
        return f"fd {copy.fd} {owner}; it was received by a message"
    if copy.copied is None:
        return f"fd {copy.fd} {owner}"
    return f"fd {copy.fd} {owner}; it was made of fd {copy.of} by {copy.copied}"


def _original_text(original: Original) -> str:
    return f"fd {original.fd} was closed by {original.closed}"
