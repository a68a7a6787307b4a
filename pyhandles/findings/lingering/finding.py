"""What one finding says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhandles.findings.lingering.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Lingering:
    """Something that was closed, or half closed, and is not gone; many of the same sort are one.

    kind: one of `pyhandles.findings.lingering.closed.KINDS`. fds: open descriptors of this process that it is about,
    perhaps none. target: of the first, as in ``io list``. address: where it is bound, None where it is no socket. text:
    a sentence or two, without a full stop at the end. pid: the process that keeps it, None where none does or this one.
    thread: that keeps it, or that closed it. site: where that was. evidence: one text for each thing that is known;
    proof: the same as fields, of the first. advice: what to change. count: so many of its sort. ordinary: as it is in
    programs that do all right, told only on request.
    """

    kind: str
    target: str
    text: str
    advice: str
    proof: Evidence
    evidence: tuple[str, ...]
    fds: tuple[int, ...] = ()
    address: str | None = None
    pid: int | None = None
    thread: str | None = None
    site: str | None = None
    count: int = 1
    ordinary: bool = False

    @property
    def fd(self) -> int | None:
        """The first of the descriptors."""
        return self.fds[0] if self.fds else None
