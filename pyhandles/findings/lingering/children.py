"""An open file that a child process has, too: closing it here leaves it open there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of, target_of_socket
from pyhandles.findings.ledger import STANDARD
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.lingering.past import Deed, Past
from pyhandles.findings.lingering.wanted import is_wanted, wanted_address
from pyhandles.findings.lingering.wording import fds_text, listed, local_of, plural, target
from pyhandles.findings.processes import held_elsewhere_of, process_text, processes, relation
from pyhandles.findings.system_sockets import SystemSockets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket

_DESCENDANTS = frozenset({"child", "descendant"})
_ADVICE = (
    "let the child not have it: `close_fds=True` and `pass_fds` of subprocess, `set_inheritable(False)`; where it is "
    "forked without exec, close it in the child first. Else end the child"
)


@dataclass(frozen=True, slots=True)
class HeldByChild:
    """One descriptor of another process. started: the call that made it, where that is known."""

    pid: int
    fd: int
    process: str
    started: Deed | None


@dataclass(frozen=True, slots=True)
class ClosedHere:
    """A socket that no descriptor of this process leads to, and another process's does.

    closed: None where it was not seen. wanted: a bind here failed because of its address. handed_over: who bound it
    closed it at once, as who makes a socket for a child does.
    """

    socket: str
    local: str | None
    holders: tuple[HeldByChild, ...]
    closed: Deed | None
    wanted: bool
    handed_over: bool


@dataclass(frozen=True, slots=True)
class OpenInBoth:
    """A descriptor that a child has, too. passed_by: it is inheritable, and the child runs another program."""

    fd: int
    holders: tuple[HeldByChild, ...]
    passed_by: bool


def children(snapshot: Snapshot) -> list[Lingering]:
    """What is closed here, then what is open here, too. Those that the same processes have are one."""
    closed: defaultdict[object, list[ClosedHere]] = defaultdict(list)
    for socket in snapshot.derive(SystemSockets).lost:
        found = _closed_here(snapshot, socket)
        if found:
            pids = tuple(dict.fromkeys(holder.pid for holder in found.holders))
            closed[pids, found.local, found.handed_over].append(found)
    both: defaultdict[object, list[OpenInBoth]] = defaultdict(list)
    for fd, descriptor in snapshot.derive(Claims).descriptors.items():
        if fd not in STANDARD and kind_of(descriptor) not in {"tty", "device"}:
            one = _open_in_both(snapshot, fd)
            if one:
                pids = tuple(dict.fromkeys(holder.pid for holder in one.holders))
                both[pids, one.passed_by].append(one)
    return [
        *(_told_of_closed(snapshot, found) for found in closed.values()),
        *(_told_of_open(snapshot, found) for found in both.values()),
    ]


def _closed_here(snapshot: Snapshot, socket: Socket) -> ClosedHere | None:
    rows = snapshot.derive(SystemSockets).elsewhere(socket)
    own = snapshot.header.process["pid"]
    rows = [row for row in rows if row.pid != own]
    past = snapshot.derive(Past).closed_at(socket.local, socket.peer) if rows else None
    if past is None:
        rows = [row for row in rows if relation(snapshot, row.pid) in _DESCENDANTS]
    wanted = is_wanted(snapshot, socket.local)
    if wanted and past is None:
        past = snapshot.derive(Past).closed_somewhere_at(socket.local)
    if not rows or not (past or wanted):
        return None
    return ClosedHere(
        socket=target_of_socket(socket),
        local=socket.local or None,
        holders=tuple(_holder(snapshot, row.pid, row.fd) for row in rows),
        closed=snapshot.derive(Past).deed(past[1]) if past else None,
        wanted=wanted,
        handed_over=past is not None and snapshot.derive(Past).is_by_the_same_code(*past, by_methods=True),
    )


def _open_in_both(snapshot: Snapshot, fd: int) -> OpenInBoth | None:
    """A child's standard streams were meant for it."""
    held = [
        each
        for each in held_elsewhere_of(snapshot, fd)
        if each.is_certain and each.fd not in STANDARD and relation(snapshot, each.pid) in _DESCENDANTS
    ]
    if not held:
        return None
    descriptor = snapshot.derive(Claims).descriptors[fd]
    is_made_so = descriptor.cloexec == 0 and descriptor.start != 1
    holders = tuple(_holder(snapshot, each.pid, each.fd) for each in held)
    return OpenInBoth(fd, holders, is_made_so and any(_runs_another(snapshot, each.pid) for each in held))


def _runs_another(snapshot: Snapshot, pid: int) -> bool:
    """Whether the process was not only forked: it runs another program, or another command line."""
    known = processes(snapshot)
    itself, child = known.get(snapshot.header.process["pid"]), known.get(pid)
    if itself is None or child is None:
        return False
    if itself.command and child.command:
        return itself.command != child.command
    return itself.name != child.name


def _holder(snapshot: Snapshot, pid: int, fd: int) -> HeldByChild:
    return HeldByChild(pid, fd, process_text(snapshot, pid, full=True), snapshot.derive(Past).started(pid))


def _told_of_closed(snapshot: Snapshot, found: Sequence[ClosedHere]) -> Lingering:
    first = found[0]
    holders = _holders_text(first.holders)
    has = "have" if len(first.holders) > 1 else "has"
    more = f", and {plural(len(found) - 1, 'other')} at its address," if len(found) > 1 else ""
    end = "too, or the process ends" if len(first.holders) == 1 else "too, or they end"
    return Lingering(
        kind="child",
        count=len(found),
        target=first.socket,
        address=first.local,
        text=f"{first.socket}{more} is closed here, but {holders}, {has} it open: it stays until that is closed, {end}",
        pid=first.holders[0].pid,
        thread=first.closed.thread if first.closed else None,
        site=first.closed.site if first.closed else _started_at(first.holders),
        proof=first,
        evidence=(
            "no descriptor of this process leads to it",
            *([f"it was closed by {first.closed}"] if first.closed else ()),
            *([f"a bind to {wanted_address(snapshot)} failed"] if first.wanted else ()),
            *_evidence(first.holders),
        ),
        advice=_ADVICE,
        ordinary=first.handed_over and not first.wanted,
    )


def _told_of_open(snapshot: Snapshot, found: Sequence[OpenInBoth]) -> Lingering:
    first, fds = found[0], tuple(each.fd for each in found)
    has = "have" if len(first.holders) > 1 else "has"
    them, each = ("them", "each stays") if len(fds) > 1 else ("it", "it stays")
    holders = _holders_text(first.holders)
    return Lingering(
        kind="child",
        fds=fds,
        count=len(found),
        target=target(snapshot, first.fd),
        address=local_of(snapshot, first.fd),
        text=f"{fds_text(fds)}: {holders}, {has} {them}, too: once closed here, {each} open there",
        pid=first.holders[0].pid,
        site=_started_at(first.holders),
        proof=first,
        evidence=(*_evidence(first.holders), *([f"fd {first.fd} is inheritable"] if first.passed_by else ())),
        advice=_ADVICE,
        ordinary=not first.passed_by,
    )


def _holders_text(holders: Sequence[HeldByChild]) -> str:
    """``process 4711 (sleep 100), a child, running since 12:03:11``; of many, how many."""
    pids = dict.fromkeys(holder.pid for holder in holders)
    if len(pids) == 1:
        return holders[0].process
    return f"{len(pids)} processes, {listed(list(pids))}"


def _evidence(holders: Sequence[HeldByChild]) -> tuple[str, ...]:
    told = [f"it is fd {holder.fd} of {holder.process}{_started(holder)}" for holder in holders[:_MOST]]
    return (*told, *([f"and {len(holders) - _MOST:,} more"] if len(holders) > _MOST else ()))


_MOST = 4


def _started(holder: HeldByChild) -> str:
    return f", started by {holder.started}" if holder.started else ""


def _started_at(holders: Sequence[HeldByChild]) -> str | None:
    return next((holder.started.site for holder in holders if holder.started), None)
