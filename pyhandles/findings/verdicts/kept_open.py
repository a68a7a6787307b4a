"""It was closed, and something keeps it open: files made of it, a copy of its number, a call that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.claims import is_closed
from pyhandles.findings.ledger import class_of
from pyhandles.findings.lingering.calls import CallOnClosed
from pyhandles.findings.lingering.closed import lingering, lingering_at
from pyhandles.findings.lingering.duplicates import OneOpenFile
from pyhandles.findings.verdicts.owners import Closing, KeptOpen, closing
from pyhandles.format import NOTHING

if TYPE_CHECKING:
    from pyhandles.findings.lingering.finding import Lingering
    from pyhandles.findings.verdicts.case import Case
    from pyhandles.findings.verdicts.verdict import Verdict
    from pyhandles.snapshot import Snapshot


def kept_open(of: Case) -> Closing | KeptOpen | None:
    return closing(of) or _by_a_copy(of) or _by_a_call(of)


def beside(of: Case, verdict: Verdict) -> tuple[str, ...]:
    """What `closed` tells of the descriptor, and the verdict has not said."""
    found = lingering_at(of.snapshot, of.fd) if of.fd is not None else ()
    return tuple(each.text for each in found if not _says(verdict, each))


def _says(verdict: Verdict, found: Lingering) -> bool:
    evidence = verdict.evidence
    if isinstance(evidence, KeptOpen):
        return evidence.text == found.text
    return isinstance(evidence, Closing) and found.kind == "makefile"


def _by_a_copy(of: Case) -> KeptOpen | None:
    """Of what an object owns only where the number that it is a copy of was closed: else the object says more."""
    if of.fd is None:
        return None
    for found in lingering_at(of.snapshot, of.fd):
        if isinstance(found.proof, OneOpenFile) and (found.proof.originals or class_of(of.snapshot, of.fd) == "native"):
            return _told(found)
    return None


def _by_a_call(of: Case) -> KeptOpen | None:
    """Of an object that is closed: a thread calls it."""
    owner = of.owner
    if owner is None or not is_closed(owner):
        return None
    for found in of.snapshot.derive(lingering):
        if isinstance(found.proof, CallOnClosed) and owner.object in _called(of.snapshot, found.proof.native):
            return _told(found)
    return None


def _told(found: Lingering) -> KeptOpen:
    return KeptOpen(found.kind, found.text, found.evidence)


def _called(snapshot: Snapshot, native: int) -> set[int]:
    """What the thread's innermost frame has on its stack and in its variables."""
    return {
        int(snapshot.targets[row])
        for frame in snapshot.frames
        if frame.thread != NOTHING and frame.depth == 0 and snapshot.threads[frame.thread].native == native
        for row in snapshot.rows_of(frame.object)
    }
