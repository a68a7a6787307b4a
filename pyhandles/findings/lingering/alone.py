"""Sockets that no process has any more: which of them were this process's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.addresses import endpoint
from pyhandles.findings.claims import Claims
from pyhandles.findings.descriptors import state_of
from pyhandles.findings.lingering.past import Past
from pyhandles.findings.lingering.wanted import is_wanted

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket

_CLOSING_DOWN = frozenset({"FIN_WAIT1", "CLOSING", "LAST_ACK"})
_WAITING = frozenset({"FIN_WAIT2", "TIME_WAIT"})


def closes_down(socket: Socket) -> bool:
    """Whether its end is not acknowledged yet."""
    return state_of(socket) in _CLOSING_DOWN


def is_over(socket: Socket) -> bool:
    """Whether it is somewhere on its way from `close()` to nothing."""
    return state_of(socket) in _CLOSING_DOWN | _WAITING


def is_ours(snapshot: Snapshot, socket: Socket) -> bool:
    """By its address: where a descriptor of this process is, where a bind failed, or where it closed one."""
    here = endpoint(socket.local)
    if here and here.port in snapshot.derive(_ports):
        return True
    return is_wanted(snapshot, socket.local) or snapshot.derive(Past).closed_at(socket.local, socket.peer) is not None


def _ports(snapshot: Snapshot) -> frozenset[int]:
    """Of the sockets of this process."""
    there = (endpoint(descriptor.local) for descriptor in snapshot.derive(Claims).descriptors.values())
    return frozenset(each.port for each in there if each)
