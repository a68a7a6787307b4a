"""Descriptors of this process whose sockets have the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.lingering.closed import lingering_at
from pyhandles.findings.waits import waiting_on
from pyhandles.findings.who.holder import Holder
from pyhandles.findings.who.wording import address_evidence, reuse_advice
from pyhandles.findings.why import why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.findings.waits import ThreadWait
    from pyhandles.findings.who.bound import Bound
    from pyhandles.findings.who.wanted import Wanted
    from pyhandles.findings.why import Why
    from pyhandles.snapshot import Snapshot

_CLOSE = "close it before the address is bound again, or bind another address"
_CLOSE_NUMBER = "no object closes it: whoever has its number must, before the address is bound again"
_GARBAGE = "close it where it is used last: only a cycle keeps it, until the garbage collector comes to it"


def handles(snapshot: Snapshot, bound: Bound, wanted: Wanted) -> Iterator[Holder]:
    """One for each number that leads to it."""
    for fd in bound.fds:
        found = why(snapshot, [owner.object for owner in snapshot.derive(Claims).owners(fd)], fd=fd)
        lingers = lingering_at(snapshot, fd)
        yield Holder(
            where="handle",
            text=_text(bound, fd, found),
            advice=lingers[0].advice if lingers else _advice(bound, found),
            fd=fd,
            site=found.opened_at,
            evidence=(
                *address_evidence(bound, wanted),
                *(each.text for each in lingers if not each.text.endswith(found.verdict.text)),
                *(f"fd {other} is the same open socket" for other in bound.fds if other != fd),
                *(_waiting(wait) for wait in waiting_on(snapshot, fd)),
            ),
            why=found,
        )


def _text(bound: Bound, fd: int, found: Why) -> str:
    holder = found.handle.holder if found.handle else None
    kept = f", held by {holder}" if holder else ""
    return f"fd {fd} of this process: {bound.text}{kept}"


def _advice(bound: Bound, found: Why) -> str:
    if bound.is_connection:
        return reuse_advice("end this connection first")
    if found.handle is None or not found.handle.owners:
        return _CLOSE_NUMBER
    return _GARBAGE if found.handle.class_ == "garbage" else _CLOSE


def _waiting(wait: ThreadWait) -> str:
    place = f", called in {wait.place}" if wait.place else ""
    return f"thread {wait.thread} waits for it, in {wait.call}(){place}"
