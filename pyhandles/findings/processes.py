"""Other processes: how each is told, what it is to this one, and what it holds of this one's."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.format import AccessFlag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import HeldElsewhere, Process
    from pyhandles.snapshot.records import Descriptor

Relation = Literal["itself", "child", "descendant", "parent", "another"]

_SAID: Mapping[Relation, str] = {"child": ", a child", "descendant": ", a descendant", "parent": ", the parent"}
_LONGEST_COMMAND = 48
_UNDER_US = re.compile(r" -m pyhandles\.dump .*? --(?= )")
_ACCESS_MODES = (AccessFlag.READ, AccessFlag.WRITE, AccessFlag.READ | AccessFlag.WRITE)
_ACCESS_MASK = 3
_NAMELESS = "anon_inode:"
UNSEEN = "not all could be seen: "
NOT_KNOWN = -2
"""`HeldElsewhere.same` where it was not possible to find out."""


@dataclass(frozen=True, slots=True)
class Held:
    """A descriptor of another process with the same open file as one of ours.

    is_certain: else it has the same file at least, and perhaps opened it for itself. text: ``fd 3 of process 4711
    (sleep 100), a child, running since 12:03:11``.
    """

    pid: int
    fd: int
    is_certain: bool
    text: str


def processes(snapshot: Snapshot) -> Mapping[int, Process]:
    """Those that the snapshot knows, by pid; none where the kernel was not asked."""
    return snapshot.derive(_by_pid)


def relation(snapshot: Snapshot, pid: int) -> Relation:
    """What the process is to the one that was captured."""
    own = snapshot.header.process["pid"]
    known = processes(snapshot)
    if pid == own:
        return "itself"
    if pid == (known[own].parent if own in known else snapshot.header.process.get("ppid")):
        return "parent"
    seen: set[int] = set()
    while pid in known and pid not in seen:
        seen.add(pid)
        pid = known[pid].parent
        if pid == own:
            return "child" if len(seen) == 1 else "descendant"
    return "another"


def process_text(snapshot: Snapshot, pid: int, *, full: bool = False) -> str:
    """``process 4711 (sleep 100)``; ``full``: ``process 4711 (sleep 100), a child, running since 12:03:11``."""
    what = relation(snapshot, pid)
    if what == "itself":
        return "this process"
    known = processes(snapshot).get(pid)
    command = " ".join((known.command or known.name or "").split()) if known else ""
    text = f"process {pid}" + (f" ({_cut(command)})" if command else "")
    if not full:
        return text
    since = f", running since {_since(snapshot, known.started)}" if known and known.started else ""
    return f"{text}{_SAID.get(what, '')}{since}"


def held_elsewhere_of(snapshot: Snapshot, fd: int) -> tuple[Held, ...]:
    """Descriptors of other processes that lead to the open file of this one of ours, by pid and number.

    A socket is known by its number: nothing can open it a second time. Of others the kernel has compared the open
    files; where it was not allowed to, one of the same file with the same access may be it.
    """
    descriptor = snapshot.derive(Claims).descriptors.get(fd)
    if descriptor is None:
        return ()
    groups = snapshot.derive(same_open_file)
    terminal = snapshot.derive(_terminals).get(fd, -1)
    found = []
    for row in snapshot.derive(_by_inode).get(descriptor.inode, ()):
        if row.terminal >= 0 and row.terminal != terminal:
            continue  # Every master has the same inode.
        certain = kind_of(descriptor) == "socket" or (row.same >= 0 and groups.get(row.same) == groups.get(fd, fd))
        if certain or (row.same == NOT_KNOWN and _may_be(descriptor, row)):
            text = f"fd {row.fd} of {process_text(snapshot, row.pid, full=True)}"
            found.append(Held(row.pid, row.fd, certain, text))
    return tuple(found)


def same_open_file(snapshot: Snapshot) -> Mapping[int, int]:
    """The lowest descriptor with the same open file, by descriptor. Take it with ``snapshot.derive``.

    Of what the kernel did not compare there is nothing.
    """
    return {file.fd: file.same for file in snapshot.files if file.same >= 0}


def unseen_note(snapshot: Snapshot, *, sockets: bool = True) -> str | None:
    """One line about what could not be seen of the system's sockets and of other processes; None where all was.

    sockets: False for what is no socket, so that it does not matter whether these could be seen.
    """
    kernel = snapshot.header.kernel
    if kernel is None:
        return "this snapshot tells nothing of other processes and their sockets"
    hidden = kernel["hidden"]
    texts = [
        kernel["sockets"] if sockets else None,
        kernel["processes"]
        or (f"the descriptors of {hidden:,} {'process' if hidden == 1 else 'processes'}" if hidden > 0 else None),
    ]
    told = "; ".join(text for text in texts if text)
    return f"{UNSEEN}{told}" if told else None


def _terminals(snapshot: Snapshot) -> dict[int, int]:
    return {file.fd: file.terminal for file in snapshot.files}


def _by_pid(snapshot: Snapshot) -> dict[int, Process]:
    return {process.pid: process for process in snapshot.processes}


def _by_inode(snapshot: Snapshot) -> dict[int, list[HeldElsewhere]]:
    found: dict[int, list[HeldElsewhere]] = defaultdict(list)
    for row in sorted(snapshot.held_elsewhere):
        found[row.inode].append(row)
    return dict(found)


def _may_be(descriptor: Descriptor, row: HeldElsewhere) -> bool:
    """Nameless files of the kernel's have one number together, so that it says nothing."""
    if (descriptor.link or "").startswith(_NAMELESS):
        return False
    same_device = row.device in {0, descriptor.device}
    return same_device and row.access in {0, access_of(descriptor)}


def access_of(descriptor: Descriptor) -> int:
    """`AccessFlag` of a descriptor of ours; 0 where the kernel would not say."""
    mode = descriptor.flags & _ACCESS_MASK
    return 0 if descriptor.flags < 0 or mode == _ACCESS_MASK else _ACCESS_MODES[mode]


def _cut(command: str) -> str:
    """Of a long one without the folder of the program, and without how pyhandles runs it, which tell least."""
    if len(command) > _LONGEST_COMMAND:
        program, space, arguments = command.partition(" ")
        command = _UNDER_US.sub("", f"{program.rpartition('/')[2] or program}{space}{arguments}")
    return command if len(command) <= _LONGEST_COMMAND else command[: _LONGEST_COMMAND - 1].rstrip() + "…"


def _since(snapshot: Snapshot, started: int) -> str:
    """The time of day, UTC, and the day if it was another."""
    moment = datetime.fromtimestamp(started // 10**9, UTC)
    same_day = moment.date() == datetime.fromtimestamp(snapshot.header.moment, UTC).date()
    return f"{moment:%H:%M:%S}" if same_day else f"{moment:%Y-%m-%d %H:%M:%S}"
