"""What the recorder saw of misuse: calls that no correct program makes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.moments import span_text
from pyhandles.findings.pages import Page, page
from pyhandles.findings.recorded import must_be_recorded, stack_site_text, stack_texts, thread_text, way_texts
from pyhandles.findings.strace import plain_call
from pyhandles.format import MisuseKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.recorded import Misuse as Record

_DANGER = (MisuseKind.LATE_USE, MisuseKind.FOREIGN_CLOSE, MisuseKind.DOUBLE_CLOSE, MisuseKind.USE_AFTER_CLOSE)
"""From what reaches somebody else's descriptor to what only fails."""

_HEADS = {
    MisuseKind.LATE_USE: "{call}() on fd {fd} was meant for what had been there before",
    MisuseKind.FOREIGN_CLOSE: "{call}() closed fd {fd}, which an object still owned",
    MisuseKind.DOUBLE_CLOSE: "{call}() on fd {fd}, which had been closed already",
    MisuseKind.USE_AFTER_CLOSE: "{call}() on fd {fd} failed, for it had been closed",
}

_ADVICE = {
    MisuseKind.LATE_USE: (
        "hand on the object, not its number, and let nobody close it while it is in use: have the thread that uses it "
        "close it, or use and close it under one lock"
    ),
    MisuseKind.FOREIGN_CLOSE: "close the object instead of its number, or take the number from it first by `detach()`",
    MisuseKind.DOUBLE_CLOSE: (
        "close it in one place only: the second time, the number may be that of something else already"
    ),
    MisuseKind.USE_AFTER_CLOSE: (
        "close it after its last use: have the thread that uses it close it; `shutdown()` wakes up whoever waits in a "
        "socket"
    ),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to a descriptor: nanoseconds since 1970, the thread, where; the stack innermost first.

    way: the stack without the frames in which any thread begins.
    """

    time: int
    thread: str | None
    site: str | None
    stack: tuple[str, ...]
    way: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Misuse:
    """One kind of misuse at one place, and its first time.

    kind: ``late use``, ``foreign close``, ``double close`` or ``use after close``. count: so often. use: the call that
    was wrong. closed: the close before it; opened: the present opening of the number, or its last; None where that is
    not known. process: of a forked child, its number, else None. text: a sentence of all that. advice: what to change.
    """

    kind: str
    fd: int
    call: str
    count: int
    use: Deed
    closed: Deed | None
    opened: Deed | None
    process: int | None
    text: str
    advice: str


def misuses(snapshot: Snapshot, *, fd: int | None = None, limit: int | None = None, offset: int = 0) -> Page[Misuse]:
    """Each kind at each place, the most dangerous first. fd: those whose first time was with this number.

    Raises NotRecorded.
    """
    must_be_recorded(snapshot)
    found = [each for each in snapshot.misuses if fd is None or each.fd == fd]
    found.sort(key=lambda each: (_DANGER.index(MisuseKind(each.kind)), -each.count, each.time))
    return page(found, lambda each: _misuse(snapshot, each), limit=limit, offset=offset, empty=_empty(snapshot))


def misuse_kinds(snapshot: Snapshot, *, fd: int | None = None) -> Mapping[str, int]:
    """How often each kind of misuse was seen, the most dangerous first; empty, too, where nothing was recorded.

    fd: at those places alone where this was the number the first time.
    """
    counts: Counter[int] = Counter()
    for each in snapshot.misuses:
        counts[each.kind] += each.count if fd in {None, each.fd} else 0
    return {kind_text(kind): counts[kind] for kind in _DANGER if counts[kind]}


def kind_text(kind: int) -> str:
    """``late use``."""
    return MisuseKind(kind).name.lower().replace("_", " ")


def _empty(snapshot: Snapshot) -> str:
    if (snapshot.header.recorder or {}).get("misuse") == "off":
        return "nobody looked for misuse: it was recorded with misuse='off'"
    return "no misuse was seen"


def _misuse(snapshot: Snapshot, record: Record) -> Misuse:
    kind = MisuseKind(record.kind)
    process = None if record.pid == snapshot.header.process["pid"] else record.pid
    use = _deed(snapshot, record.time, record.thread, record.stack)
    closed = _deed(snapshot, record.closed_time, record.closed_thread, record.closed_stack)
    opened = _deed(snapshot, record.opened_time, record.opened_thread, record.opened_stack)
    call = plain_call(record.call)
    who = f"thread {use.thread}" if process is None else f"a forked child, process {process},"
    parts = [f"{_HEADS[kind].format(call=call, fd=record.fd)}, by {who}{_at(use)}"]
    parts += [_before(each, what, use) for each, what in _history(kind, closed, opened)]
    return Misuse(
        kind=kind_text(kind),
        fd=record.fd,
        call=call,
        count=record.count,
        use=use,
        closed=closed if closed.time else None,
        opened=opened if opened.time else None,
        process=process,
        text="; ".join(parts),
        advice=_ADVICE[kind],
    )


def _deed(snapshot: Snapshot, time: int, thread: int, stack: int) -> Deed:
    return Deed(
        time=time,
        thread=thread_text(snapshot, thread),
        site=stack_site_text(snapshot, stack),
        stack=stack_texts(snapshot, stack),
        way=way_texts(snapshot, stack),
    )


def _history(kind: MisuseKind, closed: Deed, opened: Deed) -> list[tuple[Deed, str]]:
    """What had been done to the number, the earlier first."""
    again = "given out again" if kind == MisuseKind.LATE_USE else "opened"
    known = [(deed, what) for deed, what in ((closed, "closed"), (opened, again)) if deed.time]
    return sorted(known, key=lambda each: each[0].time)


def _before(deed: Deed, what: str, use: Deed) -> str:
    span = f"{span_text(abs(use.time - deed.time))} {'before' if deed.time <= use.time else 'after'}"
    who = "the same thread" if deed.thread == use.thread else f"thread {deed.thread}"
    return f"{what} {span}{f' by {who}' if deed.thread else ''}{_at(deed)}"


def _at(deed: Deed) -> str:
    return f" at {deed.site}" if deed.site else ""
