"""What a child process would be handed over, by how it is made, and which of that is worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.from_parent import FromParent, from_parent
from pyhandles.findings.handles import Handle, handle_of_descriptor, is_inheritable
from pyhandles.findings.ledger import STANDARD
from pyhandles.findings.pages import Page, page
from pyhandles.findings.processes import held_elsewhere_of, unseen_note
from pyhandles.findings.roles import role_of
from pyhandles.findings.start_methods import Chosen, chosen_start_method
from pyhandles.findings.storms import storm_texts

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_TRACKER = "pipe to multiprocessing's resource tracker"
_SERVER = "pipe to multiprocessing's fork server"
"""Roles of what `multiprocessing` sends to each child, while its helpers run."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to make a child. fds: what it would be handed over. text: which these are."""

    way: str
    fds: tuple[int, ...]
    text: str

    @property
    def count(self) -> int:
        return len(self.fds)


@dataclass(frozen=True, slots=True)
class Heirloom:
    """A descriptor that children get, or that another process has: what it is. elsewhere: who has it."""

    handle: Handle
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inheritance:
    """The answer to ``inherit``.

    total: how many descriptors are open. ways: see `Way`. start_method: of `multiprocessing`, where none is asked for.
    page: those above 2 that are inheritable, or that another process has. from_parent: what came from the parent; None
    where nothing did, as far as can be seen. advice: what to change. unseen: what could not be seen.
    """

    total: int
    ways: tuple[Way, ...]
    start_method: Chosen
    page: Page[Heirloom]
    from_parent: FromParent | None
    advice: tuple[str, ...]
    unseen: tuple[str, ...]


def inheritance(snapshot: Snapshot, *, limit: int | None = None, offset: int = 0) -> Inheritance:
    """What the next child would get, by each way of making one; then the descriptors that this concerns.

    What is passed on by name (``pass_fds``, a pickled connection) and what a way opens for itself is not in it.
    """
    descriptors = snapshot.derive(Claims).descriptors
    inherited = tuple(fd for fd, descriptor in descriptors.items() if is_inheritable(descriptor))
    elsewhere = {
        fd: tuple(held.text if held.is_certain else f"perhaps {held.text}" for held in held_elsewhere_of(snapshot, fd))
        for fd in descriptors
        if fd not in STANDARD
    }
    shown = [fd for fd, others in elsewhere.items() if others or is_inheritable(descriptors[fd])]
    parents = from_parent(snapshot, limit=limit)
    return Inheritance(
        total=len(descriptors),
        ways=_ways(snapshot, tuple(descriptors), inherited),
        start_method=chosen_start_method(snapshot),
        page=page(
            shown,
            lambda fd: Heirloom(handle_of_descriptor(snapshot, fd), elsewhere[fd]),
            limit=limit,
            offset=offset,
            empty="no descriptor above 2 is inheritable, and no other process is seen to have one of these",
        ),
        from_parent=parents,
        advice=tuple(_advice(snapshot, inherited, parents)),
        unseen=tuple(_unseen(snapshot)),
    )


def _ways(snapshot: Snapshot, all_: tuple[int, ...], inherited: tuple[int, ...]) -> tuple[Way, ...]:
    standard = tuple(fd for fd in inherited if fd in STANDARD)
    roles = {fd: _role(snapshot, fd) for fd in all_}
    spawned = tuple(fd for fd in all_ if fd in standard or roles[fd] == _TRACKER)
    served = tuple(fd for fd in all_ if fd in standard or roles[fd] in {_TRACKER, _SERVER})
    return (
        Way("fork", all_, "all, where no exec follows"),
        Way("exec", inherited, "the inheritable ones, by native code too"),
        Way("subprocess", standard, "0 to 2, and pass_fds"),
        Way("subprocess close_fds=False", inherited, "the inheritable ones"),
        Way("multiprocessing fork", all_, "all"),
        Way("multiprocessing forkserver", served, "0 to 2, as its server got them, and what is sent"),
        Way("multiprocessing spawn", spawned, "0 to 2, and what is sent"),
    )


def _role(snapshot: Snapshot, fd: int) -> str | None:
    """Of a pipe of which only the number is kept, as those of `multiprocessing`; None of anything else."""
    claims = snapshot.derive(Claims)
    if kind_of(claims.descriptors[fd]) != "pipe" or claims.owners(fd):
        return None
    role = role_of(snapshot, fd, [])
    return None if role is None else role.text


def _advice(snapshot: Snapshot, inherited: tuple[int, ...], parents: FromParent | None) -> list[str]:
    texts = []
    if any(fd not in STANDARD for fd in inherited):
        texts.append(
            "make what no child needs not inheritable, `os.set_inheritable(fd, False)`; pass what one child needs by "
            "name, `pass_fds=[fd]`"
        )
    if parents and parents.unused.total:
        texts.append(
            "close in the child what only the parent uses, first of all; or have the parent open it after the fork, or "
            "start its children by `spawn` or `subprocess`"
        )
    texts += [f"{text}; see `calls`" for text in storm_texts(snapshot)]
    return texts


def _unseen(snapshot: Snapshot) -> list[str]:
    unknown = sum(descriptor.cloexec < 0 for descriptor in snapshot.derive(Claims).descriptors.values())
    texts = [f"of {unknown:,} it is not known whether they are inheritable"] if unknown else []
    note = unseen_note(snapshot)
    return [*texts, note] if note else texts
