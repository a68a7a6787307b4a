"""A connection of which one half is closed: by the peer, and nobody here noticed; or here, and not by the peer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.addresses import endpoint
from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import state_of
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.lingering.wanted import is_wanted
from pyhandles.findings.lingering.watching import NOBODY_OF_MANY, Watching, watching
from pyhandles.findings.lingering.wording import fds_text, held_text, plural, target
from pyhandles.findings.openings import opened_at
from pyhandles.format import OwnerFlag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Descriptor

_ADVICE = {
    "CLOSE_WAIT": (
        "close it: when recv() gives b'', the peer has closed. A pool looks whether a connection is readable before it "
        "gives it out again, and closes those that are"
    ),
    "FIN_WAIT2": "read until recv() gives b'', with a timeout, then close; close() lets the kernel give up by itself",
}


@dataclass(frozen=True, slots=True)
class HalfClosed:
    """state: ``CLOSE_WAIT`` or ``FIN_WAIT2``. unread: bytes; None where not known. watching: who would notice."""

    fd: int
    state: str
    local: str | None
    peer: str | None
    unread: int | None
    watching: Watching


def unnoticed(snapshot: Snapshot) -> list[Lingering]:
    """Of those that `close()` was called on, others tell. Connections with one server, or of one, are one finding."""
    listening = {each.local for each in snapshot.descriptors if each.listening == 1}
    alike: defaultdict[object, list[HalfClosed]] = defaultdict(list)
    for one in _half_closed(snapshot):
        here = endpoint(one.local)
        is_served = here is not None and any(_is_at(here.port, each) for each in listening)
        alike[one.state, ("to", one.local) if is_served else ("from", one.peer), one.watching.kind].append(one)
    return [_told(snapshot, found) for found in alike.values()]


def _is_at(port: int, address: str | None) -> bool:
    there = endpoint(address)
    return there is not None and there.port == port


def _half_closed(snapshot: Snapshot) -> Iterator[HalfClosed]:
    claims = snapshot.derive(Claims)
    unread = {file.fd: file.unread for file in snapshot.files}
    for fd, descriptor in claims.descriptors.items():
        state = state_of(descriptor)
        if state in _ADVICE and not _is_closing(claims, fd):
            yield _one(snapshot, descriptor, state, unread.get(fd, -1))


def _is_closing(claims: Claims, fd: int) -> bool:
    return any(owner.flags & OwnerFlag.CLOSING for owner in claims.owners(fd))


def _one(snapshot: Snapshot, descriptor: Descriptor, state: str, unread: int) -> HalfClosed:
    return HalfClosed(
        fd=descriptor.fd,
        state=state,
        local=descriptor.local,
        peer=descriptor.peer,
        unread=unread if unread >= 0 else None,
        watching=watching(snapshot, descriptor.fd),
    )


def _told(snapshot: Snapshot, found: Sequence[HalfClosed]) -> Lingering:
    first, fds = found[0], tuple(each.fd for each in found)
    is_close_wait = first.state == "CLOSE_WAIT"
    what, it = (
        (f"{plural(len(fds), 'connection')}, {fds_text(fds)}", "them") if len(fds) > 1 else (f"fd {fds[0]}", "it")
    )
    peers = len({each.peer for each in found})
    peer = f"the peer {first.peer}" if peers == 1 else f"{peers:,} peers"
    why = NOBODY_OF_MANY if len(fds) > 1 and first.watching.kind == "nobody" else first.watching.why_open
    if is_close_wait:
        text = f"{peer} closed {what}, and nothing here has closed {it} since: {why}"
    else:
        was, has = ("were", "has" if peers == 1 else "have") if len(fds) > 1 else ("was", "has")
        text = f"{what} {was} shut down here, and {peer} {has} not closed {it} yet: {why}"
    return Lingering(
        kind="unnoticed",
        fds=fds,
        count=len(fds),
        target=target(snapshot, first.fd),
        address=first.local,
        text=text,
        thread=first.watching.thread,
        site=opened_at(snapshot, first.fd),
        proof=first,
        evidence=(
            f"{first.state}, says the kernel of fd {first.fd}",
            held_text(snapshot, first.fd),
            *([f"{first.unread:,} bytes are unread: the end comes after them"] if first.unread else ()),
        ),
        advice=_ADVICE[first.state],
        ordinary=not is_close_wait
        and first.watching.kind in {"thread", "epoll"}
        and not is_wanted(snapshot, first.local),
    )
