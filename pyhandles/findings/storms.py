"""What is wrong with closes that had nothing to close: a few, or one of every number up to the limit."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pyhandles.findings.recorded import caller_text
from pyhandles.findings.tallies import tallies
from pyhandles.format import NOTHING, MisuseKind

if TYPE_CHECKING:
    from pyhandles.findings.tallies import Tally
    from pyhandles.snapshot import Snapshot

LONG_RUN = 50
"""So many consecutive numbers, closed one after the other, are no longer a program's own descriptors."""


def note(snapshot: Snapshot, tally: Tally) -> str | None:
    """What there is to say of these closes; None for other calls, and where nothing is wrong."""
    missed = tally.errors.get(errno.EBADF, 0)
    if not missed or "close" not in tally.call:
        return None
    if _is_storm(tally):
        return _storm_text(snapshot, tally, missed)
    never = f", {tally.unopened:,} of them never opened" if tally.unopened else ""
    more = "; see `misuse`" if tally.site in snapshot.derive(_double_closes) else ""
    what = "a number that was" if missed == 1 else "numbers that were"
    return f"{_closes(missed)} of {what} not open{_origin(snapshot, tally)}{never}{more}"


def storm_texts(snapshot: Snapshot) -> tuple[str, ...]:
    """A sentence about each loop that closes number after number; none where nothing was recorded."""
    storms = [tally for tally in snapshot.derive(tallies) if _is_storm(tally)]
    return tuple(_storm_text(snapshot, tally, tally.errors[errno.EBADF]) for tally in storms)


def _is_storm(tally: Tally) -> bool:
    first, last = tally.run
    missed = tally.errors.get(errno.EBADF, 0)
    return "close" in tally.call and bool(missed) and last - first + 1 >= LONG_RUN and 2 * missed >= tally.calls


def _double_closes(snapshot: Snapshot) -> set[int]:
    """Sites of those that were noted as misuse."""
    stacks = (each.stack for each in snapshot.misuses if each.kind == MisuseKind.DOUBLE_CLOSE)
    return {snapshot.stacks[stack].site for stack in stacks if stack != NOTHING}


def _storm_text(snapshot: Snapshot, tally: Tally, missed: int) -> str:
    first, last = tally.run
    has_history = last < (snapshot.header.recorder or {})["numbers"]
    never = tally.unopened if has_history else missed
    what = f"{_closes(never)} of never-opened numbers" if never else f"{_closes(missed)} of numbers that were not open"
    return (
        f"close storm: {what}{_origin(snapshot, tally)}, fd {first} to {last} one after the other; "
        f"{_share(missed, tally.calls)} of {_closes(tally.calls)} failed; use `os.closerange` or `close_fds`"
    )


def _origin(snapshot: Snapshot, tally: Tally) -> str:
    where = caller_text(snapshot, tally.site)
    return f" from {where}" if where else ""


def _closes(number: int) -> str:
    return "1 close" if number == 1 else f"{number:,} closes"


def _share(part: int, whole: int) -> str:
    """As a percentage, which says 100 only of all."""
    return "100%" if part == whole else f"{min(part / whole, 0.999):.1%}"
