"""Sockets that no process can have any more: the kernel alone ends them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyhandles.findings.descriptors import tcp_state
from pyhandles.findings.moments import left_text
from pyhandles.findings.who.holder import Holder
from pyhandles.findings.who.wording import address_evidence, reuse_advice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyhandles.findings.who.bound import Bound
    from pyhandles.findings.who.wanted import Wanted

LEFT_OVER: Mapping[str, str] = {
    "TIME_WAIT": "this side closed first, so the kernel keeps the address for a minute",
    "FIN_WAIT1": "this side has closed, and the peer has not acknowledged it",
    "FIN_WAIT2": "this side has closed, and the peer has not",
    "CLOSING": "both sides have closed, and the peer has not acknowledged it",
    "LAST_ACK": "both sides have closed, and the peer has not acknowledged it",
}
"""States of what no process can have, and what each means."""
_INSTEAD: Mapping[str, str] = {
    "TIME_WAIT": "have the client close first, or wait",
    "FIN_WAIT2": "have the peer close its end, or wait",
}
_TIMED = frozenset({2, 3})
"""Timers after which the kernel gives a closed socket up."""


def leftovers(sockets: Sequence[Bound], wanted: Wanted) -> Iterator[Holder]:
    """One for each address and state, of those that no process can have; not what waits to be accepted."""
    alike: defaultdict[tuple[str, str], list[Bound]] = defaultdict(list)
    for bound in sockets:
        if tcp_state(bound.state) in LEFT_OVER:
            alike[bound.local, tcp_state(bound.state)].append(bound)
    for (_, state), group in alike.items():
        yield Holder(
            where="kernel",
            text=_text(state, group),
            advice=reuse_advice(_INSTEAD.get(state, "wait")),
            evidence=(*address_evidence(group[0], wanted), LEFT_OVER[state]),
        )


def _text(state: str, group: Sequence[Bound]) -> str:
    times = [bound.row.expires for bound in group if bound.row and bound.row.timer in _TIMED]
    left = f", for {'up to ' if len(group) > 1 else ''}{left_text(max(times))} more" if times else ""
    if len(group) == 1:
        return f"the kernel alone: {group[0].text} in {state}{left}"
    peers = {bound.peer for bound in group}
    to = f" → {group[0].peer}" if len(peers) == 1 else ""
    return f"the kernel alone: {len(group):,} tcp connections of {group[0].local}{to} in {state}{left}"
