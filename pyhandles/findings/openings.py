"""Where each descriptor was opened, as far as the recorder knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.recorded import stack_site_text

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.recorded import Opening
    from pyhandles.snapshot.records import Descriptor

_MADE_BY = {
    "socket": "socket",
    "accept": "socket",
    "pipe": "pipe",
    "epoll_create": "epoll",
    "eventfd": "eventfd",
    "timerfd_create": "timerfd",
    "signalfd": "signalfd",
    "inotify_init": "inotify",
    "memfd_create": "memfd",
    "pidfd_open": "pidfd",
}
"""How the name of a call begins, and the kind of what it makes."""
_NEVER_BY_NAME = {"socket", "epoll", "eventfd", "timerfd", "signalfd", "inotify", "pidfd"}
"""What has no name by which it could be opened."""


class Openings:
    """The opening of each open descriptor that was seen being opened. Take it with ``snapshot.derive(Openings)``.

    The kernel has the last word: a number that is not open, or at which something else stands than that call can have
    made, was closed and given out again by a call that nobody saw.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        descriptors = snapshot.derive(Claims).descriptors
        self._openings = {
            opening.fd: opening
            for opening in snapshot.openings
            if opening.fd in descriptors and _can_have_made(opening.call, descriptors[opening.fd])
        }

    def of(self, fd: int) -> Opening | None:
        return self._openings.get(fd)


def opened_at(snapshot: Snapshot, fd: int) -> str | None:
    """``pool.py:88 in Pool.get`` of an open descriptor; a library's name; None where that was not recorded."""
    opening = snapshot.derive(Openings).of(fd)
    return None if opening is None else stack_site_text(snapshot, opening.stack)


def _can_have_made(call: str, descriptor: Descriptor) -> bool:
    kind = kind_of(descriptor)
    if call.lstrip("_").startswith(("open", "creat", "fopen")) and call != "openpty":
        return kind not in _NEVER_BY_NAME
    made = next((made for beginning, made in _MADE_BY.items() if call.startswith(beginning)), kind)
    return kind == made
