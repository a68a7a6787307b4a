"""What epoll sets watch, as the kernel keeps it: a number and the file that it led to, and what is there now.

A set keeps what was registered until the last descriptor of that file is closed, wherever that is. So a number that is
closed, or leads to another file by now, says that the former file is still open elsewhere: its events still arrive.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of, target_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Watch
    from pyhandles.snapshot.records import Descriptor

State = Literal["ok", "closed", "stale"]

_EVENTS = ((1, "readable"), (4, "writable"), (2, "urgent"), (0x2000, "closed by the peer"), (8, "error"), (16, "end"))
_ONCE, _EDGE, _WAKEUP, _EXCLUSIVE = 1 << 30, 1 << 31, 1 << 29, 1 << 28
_WAYS = ((_EDGE, "edge-triggered"), (_ONCE, "once"), (_EXCLUSIVE, "exclusive"), (_WAKEUP, "keeps awake"))
_ASKED = 1 | 4 | 2 | 0x2000
_ALIASES = {0x40: 1, 0x80: 2, 0x100: 4, 0x200: 4}
"""RDNORM, RDBAND, WRNORM and WRBAND, which `select` asks for beside the plain ones."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A number that an epoll set watches.

    target: what stands at the number now; None where it is closed. events: in words. state: ``ok``, ``closed``, or
    ``stale``: the number is open and leads to another file. registered: what it was registered for, where that is not
    what stands there now, ``socket:[1007]``; else None. inode: of what was registered, 0 where not known.
    """

    fd: int
    target: str | None
    events: str
    state: State
    registered: str | None
    inode: int


def registrations(snapshot: Snapshot) -> Mapping[int, tuple[Registration, ...]]:
    """By the number of the set, what it watches, by number."""
    return snapshot.derive(_by_set)


def events_text(events: int) -> str:
    """``readable, writable`` of bits of poll(2) and epoll(7). Errors are told of without being asked for."""
    for alias, plain in _ALIASES.items():
        events |= plain if events & alias else 0
    asked = events & _ASKED or events
    texts = [text for bit, text in _EVENTS if asked & bit] + [text for bit, text in _WAYS if events & bit]
    return ", ".join(texts) or "nothing"


def _by_set(snapshot: Snapshot) -> Mapping[int, tuple[Registration, ...]]:
    files = _Files(snapshot)
    sets: dict[int, list[Registration]] = defaultdict(list)
    for watch in snapshot.watches:
        if watch.set >= 0:
            sets[watch.set].append(files.registration(watch))
    return {fd: tuple(sorted(sets[fd], key=lambda each: each.fd)) for fd in sorted(sets)}


class _Files:
    """The files of the process, by what the kernel knows them by."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._descriptors = snapshot.derive(Claims).descriptors
        self._by_inode: dict[int, list[Descriptor]] = defaultdict(list)
        self._kinds: dict[int, str] = {}
        for descriptor in self._descriptors.values():
            self._by_inode[descriptor.inode].append(descriptor)
            self._kinds.setdefault(descriptor.device, kind_of(descriptor))
        self._sockets = {socket.inode for socket in snapshot.sockets}

    def registration(self, watch: Watch) -> Registration:
        descriptor = self._descriptors.get(watch.fd)
        is_there = descriptor is not None and _is_of(descriptor, watch)
        state: State = "closed" if descriptor is None else "ok" if is_there else "stale"
        return Registration(
            fd=watch.fd,
            target=None if descriptor is None else target_of(descriptor),
            events=events_text(watch.events),
            state=state,
            registered=None if is_there or not watch.inode else self._name(watch),
            inode=watch.inode,
        )

    def _name(self, watch: Watch) -> str:
        """As the kernel writes it. A device of sockets or pipes has these alone."""
        links = {each.link for each in self._by_inode[watch.inode] if _is_of(each, watch)}
        if links:
            return min(link or "?" for link in links)
        is_socket = watch.inode in self._sockets
        kind = "socket" if is_socket else self._kinds.get(watch.device) if watch.device else None
        return f"{kind}:[{watch.inode}]" if kind in {"socket", "pipe"} else f"inode {watch.inode}"


def _is_of(descriptor: Descriptor, watch: Watch) -> bool:
    """Whether it leads to the file that was registered. What the kernel did not tell is taken for the same."""
    if not watch.inode or not descriptor.inode:
        return True
    devices = {descriptor.device, watch.device}
    return descriptor.inode == watch.inode and (len(devices) == 1 or 0 in devices)
