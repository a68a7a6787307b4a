"""The document of what a thread waits for. Times are seconds."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyhandles.findings.waits import ThreadWait


def thread_wait_document(wait: ThreadWait) -> dict[str, Any]:
    """``seconds``: so long at least it is in the call; ``at_most``: not longer; None where that is not known."""
    return {
        "native": wait.native,
        "thread": wait.thread,
        "place": wait.place,
        "state": wait.state,
        "call": wait.call,
        "fd": wait.fd,
        "target": wait.target,
        "reaches": wait.reaches,
        "evidence": wait.evidence,
        "other": wait.other,
        "seconds": _seconds(wait.asleep),
        "at_most": _seconds(wait.at_most),
        "watching": [asdict(each) for each in wait.watching],
        "end": wait.end,
        "text": wait.text,
    }


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 10**9
