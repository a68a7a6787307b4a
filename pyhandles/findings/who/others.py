"""Other processes that have a socket with the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.lingering.children import ClosedHere
from pyhandles.findings.lingering.closed import lingering
from pyhandles.findings.processes import process_text, relation
from pyhandles.findings.who.holder import Holder
from pyhandles.findings.who.wording import address_evidence, reuse_advice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.findings.lingering.finding import Lingering
    from pyhandles.findings.who.bound import Bound
    from pyhandles.findings.who.wanted import Wanted
    from pyhandles.snapshot import Snapshot

_INHERITED = (
    "let the child not have it: `close_fds=True` and `pass_fds` of subprocess, `set_inheritable(False)`; where it is "
    "forked without exec, close it in the child first. Else end the child"
)
_SEPARATE = "end that process, if it is not meant to run, or bind another address"


def processes(snapshot: Snapshot, bound: Bound, wanted: Wanted) -> Iterator[Holder]:
    """One for each descriptor of another process that leads to it."""
    own = snapshot.header.process["pid"]
    held = sorted(row for row in snapshot.held_elsewhere if bound.inode and row.inode == bound.inode)
    for row in held:
        if row.pid != own:
            is_offspring = relation(snapshot, row.pid) in {"child", "descendant"}
            closed = _closed_here(snapshot, bound, row.pid)
            same = (f"it is the same open socket as fd {bound.fds[0]} of this process",) if bound.fds else ()
            yield Holder(
                where="process",
                text=f"fd {row.fd} of {process_text(snapshot, row.pid, full=True)}: {bound.text}",
                advice=closed.advice if closed else _advice(bound, is_offspring=is_offspring),
                fd=row.fd,
                pid=row.pid,
                thread=closed.thread if closed else None,
                site=closed.site if closed else None,
                evidence=(*address_evidence(bound, wanted), *same, *_history(closed, row.pid)),
            )


def _closed_here(snapshot: Snapshot, bound: Bound, pid: int) -> Lingering | None:
    """What is known of it where this process has closed it, and a child has it open."""
    if bound.fds:
        return None
    found = snapshot.derive(lingering)
    return next((each for each in found if (each.kind, each.pid, each.address) == ("child", pid, bound.local)), None)


def _history(closed: Lingering | None, pid: int) -> Iterator[str]:
    if closed is not None and isinstance(closed.proof, ClosedHere):
        if closed.proof.closed:
            yield f"it was closed here by {closed.proof.closed}"
        started = next((each.started for each in closed.proof.holders if each.pid == pid), None)
        if started:
            yield f"that process was started by {started}"


def _advice(bound: Bound, *, is_offspring: bool) -> str:
    if bound.is_connection:
        return reuse_advice("end that process")
    return _INHERITED if is_offspring else _SEPARATE
