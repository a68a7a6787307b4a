"""What is said of one that holds an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pyhandles.findings.why import Why

Where = Literal["handle", "orphan", "process", "kernel"]


@dataclass(frozen=True, slots=True)
class Holder:
    """One that holds the address.

    where: ``handle``, a descriptor of this process; ``orphan``, a socket of this user's to which no descriptor leads
        that could be seen; ``process``, another one; ``kernel``, what no process has any more.
    text: a sentence without its full stop. advice: what to change. evidence: one text for each thing known besides.
    fd: a descriptor of this process, or of ``pid`` where that is not None.
    thread, site: of an orphan, the call that keeps it; of a handle, site is where it was opened; of a
        process, where it was closed here or the process was started.
    why: of a handle, all that `why` says.
    """

    where: Where
    text: str
    advice: str
    fd: int | None = None
    pid: int | None = None
    thread: str | None = None
    site: str | None = None
    evidence: tuple[str, ...] = ()
    why: Why | None = None
