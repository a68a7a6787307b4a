"""Only a cycle keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.cut import cut_text
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.raised import raised_on
from pyhandles.findings.verdicts.collector import Wait, wait
from pyhandles.findings.wording import loop_texts

if TYPE_CHECKING:
    from pyhandles.findings.verdicts.case import Case


@dataclass(frozen=True, slots=True)
class Garbage:
    """loop: texts, what it comes back to the last; None where nothing refers to it. cut: the reference to cut.

    exception: the last that the loop, or the way down from it, runs through.
    """

    loop: tuple[str, ...] | None
    cut: str | None
    collector: Wait
    exception: Described | None = None


def garbage(of: Case) -> Garbage | None:
    if of.kept is None or not of.kept.is_garbage or of.snapshot.header.gc["collecting"]:
        return None
    loop = of.kept.loop
    raised = raised_on(of.snapshot, loop.steps + loop.down) if loop else []
    exceptions = [index for _, index in raised if of.snapshot.exceptions.of(index)]
    return Garbage(
        tuple(loop_texts(of.snapshot, loop)) if loop else None,
        cut_text(of.snapshot, of.kept),
        wait(of.snapshot, loop.steps[0].source if loop else of.indices[0]),
        describe(of.snapshot, exceptions[-1]) if exceptions else None,
    )
