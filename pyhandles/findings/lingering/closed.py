"""What was closed, or half closed, and is not gone: all findings, those that explain a failed `bind` first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyhandles.findings.lingering.calls import calls
from pyhandles.findings.lingering.children import children
from pyhandles.findings.lingering.duplicates import duplicates
from pyhandles.findings.lingering.kernel_alone import kernel_alone
from pyhandles.findings.lingering.makefiles import makefiles
from pyhandles.findings.lingering.unnoticed import unnoticed
from pyhandles.findings.lingering.unsent import unsent
from pyhandles.findings.lingering.wanted import is_wanted, wanted_address
from pyhandles.findings.pages import Page, page
from pyhandles.findings.processes import unseen_note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyhandles.findings.lingering.finding import Lingering
    from pyhandles.snapshot import Snapshot

_RULES: dict[str, Callable[[Snapshot], list[Lingering]]] = {
    "makefile": makefiles,
    "call": calls,
    "child": children,
    "duplicate": duplicates,
    "unsent": unsent,
    "unnoticed": unnoticed,
    "kernel": kernel_alone,
}

KINDS = tuple(_RULES)


def closed(
    snapshot: Snapshot,
    *,
    all: bool = False,  # noqa: A002  # The option is called so.
    limit: int | None = None,
    offset: int = 0,
) -> Page[Lingering]:
    """The findings. all: with what is as it should be, too."""
    found = [each for each in snapshot.derive(lingering) if all or not each.ordinary]
    notes = [_elsewhere(snapshot, found), unseen_note(snapshot)]
    return page(
        found,
        lambda each: each,
        limit=limit,
        offset=offset,
        empty="nothing that was closed is still there",
        note=". ".join(note for note in notes if note),
    )


def _elsewhere(snapshot: Snapshot, found: Sequence[Lingering]) -> str | None:
    """Where to ask on, if nothing of this explains why a `bind` failed."""
    wanted = wanted_address(snapshot)
    if wanted is None or any(is_wanted(snapshot, each.address) for each in found):
        return None
    return f"a bind to {wanted} failed for another reason: see `who {wanted}`"


def lingering(snapshot: Snapshot) -> tuple[Lingering, ...]:
    """All, ordinary ones too. Take it with ``snapshot.derive(lingering)``."""
    found = [each for rule in _RULES.values() for each in rule(snapshot)]
    found.sort(key=lambda each: (each.ordinary, not is_wanted(snapshot, each.address), KINDS.index(each.kind)))
    return tuple(found)


def lingering_at(snapshot: Snapshot, fd: int) -> tuple[Lingering, ...]:
    """Those about an open descriptor that are not ordinary."""
    return snapshot.derive(_by_fd).get(fd, ())


def advice_at(snapshot: Snapshot, fd: int | None) -> str | None:
    """What to change where an open descriptor lingers."""
    return None if fd is None else next((each.advice for each in lingering_at(snapshot, fd)), None)


def closed_kinds(snapshot: Snapshot) -> Mapping[str, int]:
    """How many there are of each kind, ordinary ones left out; many that are told as one finding are many."""
    counts: Counter[str] = Counter()
    for each in snapshot.derive(lingering):
        if not each.ordinary:
            counts[each.kind] += each.count
    return dict(counts)


def _by_fd(snapshot: Snapshot) -> dict[int, tuple[Lingering, ...]]:
    found: dict[int, tuple[Lingering, ...]] = {}
    for each in snapshot.derive(lingering):
        if not each.ordinary:
            for fd in each.fds:
                found[fd] = (*found.get(fd, ()), each)
    return found
