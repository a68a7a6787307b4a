"""How often each call was made, where, how often it failed, and how long it took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyhandles.findings.call_names import names_asked_for
from pyhandles.findings.pages import Page, page
from pyhandles.findings.recorded import must_be_recorded, site_text
from pyhandles.findings.storms import note
from pyhandles.findings.strace import errno_name
from pyhandles.findings.tallies import Tally, tallies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyhandles.snapshot import Snapshot

CallGrouping = Literal["call", "site"]
OTHER_SITES = "(other sites)"
OTHER_ERRORS = "others"


@dataclass(frozen=True, slots=True)
class CallCount:
    """The calls of one kind at one site; of all sites, or of all kinds, where it was asked for so.

    call, site: None for all. errors: name → how often. children: made by forked children, before they ran another
    program. sites: at how many. note: what is wrong with these calls, or None.
    """

    call: str | None
    site: str | None
    count: int
    errors: Mapping[str, int]
    seconds: float
    note: str | None
    children: bool
    sites: int

    @property
    def failed(self) -> int:
        return sum(self.errors.values())


@dataclass(frozen=True, slots=True)
class CallSum:
    count: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CallList:
    """Some of the rows. own, children: the sums of all that were asked for: of this process, of its forked children.

    since: seconds since 1970.
    """

    page: Page[CallCount]
    own: CallSum
    children: CallSum
    since: float


def calls(
    snapshot: Snapshot,
    *,
    by: CallGrouping | None = None,
    call: str | None = None,
    errors: bool = False,
    seconds: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> CallList:
    """Each kind of call at each site, most calls first; of equally many, those that took longer.

    by: sum up by call, or by site. call: only those called so, as in `names_asked_for`. errors: only those that failed,
    most failures first. seconds: those that took longest first. What forked children did is in rows of its own.
    Raises NotRecorded, UnknownObject.
    """
    must_be_recorded(snapshot)
    counted: Sequence[Tally] = snapshot.derive(tallies)
    if call is not None:
        names = names_asked_for(call, (tally.call for tally in counted))
        counted = [tally for tally in counted if tally.call in names]
    if errors:
        counted = [tally for tally in counted if tally.errors]
    groups: dict[tuple[bool, str | None, int | None], list[Tally]] = {}
    for tally in counted:
        key = (tally.children, None if by == "site" else tally.call, None if by == "call" else tally.site)
        groups.setdefault(key, []).append(tally)
    rows = sorted(groups.values(), key=_by_seconds if seconds else _by_failures if errors else _by_count, reverse=True)

    def make(group: list[Tally]) -> CallCount:
        return _row(snapshot, group, by)

    return CallList(
        page(rows, make, limit=limit, offset=offset, empty="no call failed" if errors else "no call was recorded"),
        _sum(tally for tally in counted if not tally.children),
        _sum(tally for tally in counted if tally.children),
        (snapshot.header.recorder or {})["since"],
    )


def _row(snapshot: Snapshot, group: Sequence[Tally], by: CallGrouping | None) -> CallCount:
    first, total = group[0], _sum(group)
    errors: Counter[str] = Counter()
    for tally in group:
        for number, count in tally.errors.items():
            errors[errno_name(number) if number else OTHER_ERRORS] += count
    notes = [text for tally in sorted(group, key=lambda each: -each.calls) if (text := note(snapshot, tally))]
    return CallCount(
        call=None if by == "site" else first.call,
        site=None if by == "call" else site_text(snapshot, first.site) or OTHER_SITES,
        count=total.count,
        errors=dict(errors.most_common()),
        seconds=total.seconds,
        note="; ".join(notes) or None,
        children=first.children,
        sites=len({tally.site for tally in group}),
    )


def _sum(counted: Iterable[Tally]) -> CallSum:
    counted = list(counted)
    return CallSum(
        count=sum(tally.calls for tally in counted),
        failed=sum(tally.failed for tally in counted),
        seconds=_nanoseconds(counted) / 1e9,
    )


def _by_count(group: Sequence[Tally]) -> tuple[int, int]:
    return sum(tally.calls for tally in group), _nanoseconds(group)


def _by_failures(group: Sequence[Tally]) -> tuple[int, int]:
    return sum(tally.failed for tally in group), _nanoseconds(group)


def _by_seconds(group: Sequence[Tally]) -> tuple[int, int]:
    return _nanoseconds(group), sum(tally.calls for tally in group)


def _nanoseconds(counted: Iterable[Tally]) -> int:
    return sum(tally.nanoseconds for tally in counted)
