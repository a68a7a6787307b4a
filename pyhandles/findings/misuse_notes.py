"""What is to be said of a call that was a misuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.moments import clock_text
from pyhandles.findings.recorded import stack_site_text, thread_text
from pyhandles.format import MisuseKind

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.recorded import Misuse

_SAID = {
    MisuseKind.DOUBLE_CLOSE: "double close",
    MisuseKind.FOREIGN_CLOSE: "foreign close: an object still owned the descriptor",
    MisuseKind.USE_AFTER_CLOSE: "use after close",
    MisuseKind.LATE_USE: "late use: the number had been given out again",
}


@dataclass(frozen=True, slots=True)
class MisuseNote:
    """kind: ``double close``, ``foreign close``, ``use after close``, ``late use``.

    texts: what it was; then, the earlier first, where the number had been closed and opened, as far as is known: of
    those that recur at a site, of the first.
    """

    kind: str
    texts: tuple[str, ...]


def misuse_note(snapshot: Snapshot, misuse: Misuse) -> MisuseNote:
    """Of a call that was noted as one."""
    kind = MisuseKind(misuse.kind)
    opened = "opened again" if kind == MisuseKind.LATE_USE else "opened"
    before = [
        (misuse.closed_time, "closed", misuse.closed_thread, misuse.closed_stack),
        (misuse.opened_time, opened, misuse.opened_thread, misuse.opened_stack),
    ]
    often = f" ({misuse.count:,} times here, this is the first)" if misuse.count > 1 else ""
    texts = [_deed(snapshot, *deed) for deed in sorted(before) if deed[0]]
    return MisuseNote(_name(kind), (_SAID[kind] + often, *texts))


def repetition(first: Misuse) -> MisuseNote:
    """Of another one like this, which was the first at its site."""
    kind = MisuseKind(first.kind)
    return MisuseNote(_name(kind), (f"{_SAID[kind]}, as at {clock_text(first.time)}",))


def _name(kind: MisuseKind) -> str:
    return kind.name.lower().replace("_", " ")


def _deed(snapshot: Snapshot, time: int, what: str, thread: int, stack: int) -> str:
    who, where = thread_text(snapshot, thread), stack_site_text(snapshot, stack)
    return f"{what} at {clock_text(time)}" + (f" by {who}" if who else "") + (f", {where}" if where else "")
