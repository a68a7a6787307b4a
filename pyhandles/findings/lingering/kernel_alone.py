"""Connections that are over and that the kernel alone keeps for a while, as TCP demands."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.descriptors import state_of, target_of_socket
from pyhandles.findings.lingering.alone import is_ours, is_over
from pyhandles.findings.lingering.finding import Lingering
from pyhandles.findings.lingering.unsent import has_data
from pyhandles.findings.lingering.wanted import is_wanted, wanted_address
from pyhandles.findings.lingering.wording import listed, plural
from pyhandles.findings.moments import left_text
from pyhandles.findings.system_sockets import SystemSockets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket

_UNTIL_THE_END = frozenset({2, 3})
"""Timers after which the kernel gives up."""
_ADVICE = (
    "set SO_REUSEADDR before bind(), as socket.create_server() does: it may then take a port of which such connections "
    "are left. Or let the client close first"
)


@dataclass(frozen=True, slots=True)
class KernelAlone:
    """states: ``TIME_WAIT`` → how many. longest: milliseconds until the last of them goes, 0 where that is not known.

    wanted: a bind to the address failed.
    """

    local: str | None
    states: Mapping[str, int]
    peers: tuple[str, ...]
    longest: int
    wanted: bool


def kernel_alone(snapshot: Snapshot) -> list[Lingering]:
    """By local address. It is as it should be, except where the address was wanted."""
    alike: defaultdict[str | None, list[Socket]] = defaultdict(list)
    for socket in snapshot.derive(SystemSockets).alone:
        if is_over(socket) and not has_data(socket) and is_ours(snapshot, socket):
            alike[socket.local].append(socket)
    return [_told(snapshot, sockets) for sockets in alike.values()]


def _told(snapshot: Snapshot, sockets: Sequence[Socket]) -> Lingering:
    first = max(sockets, key=lambda socket: socket.expires)
    found = KernelAlone(
        local=first.local,
        states=dict(Counter(map(state_of, sockets)).most_common()),
        peers=tuple(socket.peer or "?" for socket in sockets),
        longest=first.expires if first.timer in _UNTIL_THE_END else 0,
        wanted=is_wanted(snapshot, first.local),
    )
    text = f"{plural(len(sockets), 'connection')} of {first.local} {_states_text(found)}"
    if found.wanted:
        text += "; until then, a bind() there without SO_REUSEADDR is refused"
    return Lingering(
        kind="kernel",
        count=len(sockets),
        target=target_of_socket(first),
        address=first.local,
        text=text,
        proof=found,
        evidence=(
            "no process has it any more",
            *([f"a bind to {wanted_address(snapshot)} failed"] if found.wanted else ()),
            f"the other end was {listed(found.peers)}",
        ),
        advice=_ADVICE,
        ordinary=not found.wanted,
    )


def _states_text(found: KernelAlone) -> str:
    left = left_text(found.longest) if found.longest else ""
    if len(found.peers) == 1:
        [state] = found.states
        return f"is over, and the kernel alone has it still, in {state}" + (f" for {left} more" if left else "")
    states = listed([f"{count:,} in {state}" for state, count in found.states.items()])
    return f"are over, and the kernel alone has them still, {states}" + (f", the last for {left} more" if left else "")
