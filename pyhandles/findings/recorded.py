"""What the recorder noted, in words: where a call was made, through which calls, by which thread."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from pyhandles.errors import NotRecorded
from pyhandles.format import NOTHING, SiteFlag

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

NATIVE = "native code"


def must_be_recorded(snapshot: Snapshot) -> None:
    """Raise NotRecorded if no recorder ran."""
    if snapshot.header.recorder is None:
        raise NotRecorded(f"nothing was recorded in {snapshot.name}")


def site_text(snapshot: Snapshot, site: int) -> str | None:
    """``pool.py:88 in Pool.get``; where no Python code ran the library that called; None for NOTHING."""
    return None if site == NOTHING else snapshot.derive(_SiteTexts).of(site)


def caller_text(snapshot: Snapshot, site: int) -> str | None:
    """The same as part of a sentence: ```get()` at pool.py:88``; a library's name; None for NOTHING."""
    place, _, function = (site_text(snapshot, site) or "").partition(" in ")
    return f"`{function.rpartition('.')[2]}()` at {place}" if function else place or None


def stack_site_text(snapshot: Snapshot, stack: int) -> str | None:
    """The site to tell of: the innermost outside the standard library. None for NOTHING, and where there is none."""
    return None if stack == NOTHING else site_text(snapshot, snapshot.stacks[stack].site)


def stack_texts(snapshot: Snapshot, stack: int) -> tuple[str, ...]:
    """Every site of a stack, innermost first; none for NOTHING."""
    if stack == NOTHING:
        return ()
    ends = snapshot.tables["stacks"]["end"]
    start = int(ends[stack - 1]) if stack else 0
    sites = snapshot.tables["stack_frames"]["site"][start : int(ends[stack])].tolist()
    return tuple(site_text(snapshot, site) or "?" for site in sites)


def way_texts(snapshot: Snapshot, stack: int) -> tuple[str, ...]:
    """The sites of a stack without the outer ones in which every thread and every program begins, innermost first."""
    sites = snapshot.sites_of(stack)
    own = [depth for depth, site in enumerate(sites) if not site.flags & SiteFlag.STANDARD]
    return stack_texts(snapshot, stack)[: own[-1] + 1 if own else None]


def thread_text(snapshot: Snapshot, native: int) -> str | None:
    """Name of the thread that has this number in the kernel; the number where it has ended since; None for 0."""
    return (snapshot.derive(_thread_names).get(native) or str(native)) if native else None


class _SiteTexts:
    """Each made once: a site stands in many stacks."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._texts: dict[int, str] = {}

    def of(self, site: int) -> str:
        text = self._texts.get(site)
        if text is None:
            text = self._texts[site] = self._make(site)
        return text

    def _make(self, site: int) -> str:
        file, function, line, flags = self._snapshot.sites[site]
        name = PurePath(file).name if file else None
        if flags & SiteFlag.NATIVE:
            return name or NATIVE
        return f"{name or '?'}:{line} in {function or '?'}"


def _thread_names(snapshot: Snapshot) -> dict[int, str]:
    return {thread.native: thread.name for thread in snapshot.threads if thread.native and thread.name}
