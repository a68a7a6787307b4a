"""What goes with a descriptor: its other end, and who else has the same open file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.ends import End, other_end
from pyhandles.findings.ends.end import numbers
from pyhandles.findings.open_files import OpenFiles
from pyhandles.findings.processes import held_elsewhere_of

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_MOST = 3


@dataclass(frozen=True, slots=True)
class Companions:
    """other_end: None where there is none, or nothing is known of it. same_as: other descriptors of this process.

    held_by: those of other processes, ``fd 3 of process 4711 (sleep 100), a child, running since 12:03:11``; where it
    was not possible to find out whether one is the same, it begins with ``perhaps``.
    """

    other_end: End | None = None
    same_as: tuple[int, ...] = ()
    held_by: tuple[str, ...] = ()

    def facts(self) -> list[tuple[str, str]]:
        """What there is, each by its name."""
        held = [*self.held_by[:_MOST], *([f"{len(self.held_by) - _MOST:,} more"] if len(self.held_by) > _MOST else [])]
        facts = [
            ("other end", self.other_end.text if self.other_end else ""),
            ("same file as", numbers(self.same_as) if self.same_as else ""),
            ("also held by", "; ".join(held)),
        ]
        return [(name, text) for name, text in facts if text]


NONE = Companions()


def companions(snapshot: Snapshot, fd: int) -> Companions:
    """Of what is open at this number. Cost: some look-ups, the first time linear in what is open."""
    return Companions(
        other_end=other_end(snapshot, fd),
        same_as=tuple(other for other in snapshot.derive(OpenFiles).of(fd) if other != fd),
        held_by=tuple(
            held.text if held.is_certain else f"perhaps {held.text}" for held in held_elsewhere_of(snapshot, fd)
        ),
    )
