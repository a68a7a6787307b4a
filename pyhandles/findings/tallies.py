"""The recorder's counters: the calls of one kind at one site."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyhandles.findings.strace import plain_call
from pyhandles.format import CounterFlag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot


class Tally(NamedTuple):
    """What was counted of a call at a site; see "counters" of `pyhandles.format`.

    call: as programmers call it. site: a row of ``sites``, or NOTHING for those sites that found no room. errors:
    errno → how often, 0 for those that found no room. run: the first and the last number that were closed one after
    the other.
    """

    call: str
    site: int
    children: bool
    calls: int
    nanoseconds: int
    unopened: int
    run: tuple[int, int]
    errors: Mapping[int, int]

    @property
    def failed(self) -> int:
        return sum(self.errors.values())


def tallies(snapshot: Snapshot) -> tuple[Tally, ...]:
    """All of them, in the order of the file."""
    errors: dict[int, dict[int, int]] = {}
    for each in snapshot.counter_errors:
        errors.setdefault(each.counter, {})[each.errno] = each.count
    return tuple(
        Tally(
            call=plain_call(each.call),
            site=each.site,
            children=bool(each.flags & CounterFlag.IN_CHILDREN),
            calls=each.count,
            nanoseconds=each.nanoseconds,
            unopened=each.unopened,
            run=(each.run_first, each.run_last),
            errors=errors.get(row, {}),
        )
        for row, each in enumerate(snapshot.counters)
        if each.count
    )
