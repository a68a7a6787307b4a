"""Sockets to which no descriptor leads that could be seen: a thread's call keeps one, or nobody here knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.descriptors import target_of_socket
from pyhandles.findings.lingering.calls import CallOnClosed
from pyhandles.findings.lingering.closed import lingering
from pyhandles.findings.processes import processes, unseen_note
from pyhandles.findings.who.holder import Holder
from pyhandles.findings.who.wording import address_evidence
from pyhandles.format import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.lingering.finding import Lingering
    from pyhandles.findings.who.bound import Bound
    from pyhandles.findings.who.wanted import Wanted
    from pyhandles.snapshot import Snapshot

_ASK = "look for it with `ss -tunxap` as root, outside of any container"
_LOST = (
    "a process that cannot be seen has it, or it is on its way to one, in a message that nobody has received yet "
    "(SCM_RIGHTS), or a thread of this process has just left the call that kept it"
)


def orphan(snapshot: Snapshot, bound: Bound, wanted: Wanted) -> Holder:
    """What keeps it, as far as that can be told."""
    evidence = address_evidence(bound, wanted)
    if not _is_own(snapshot, bound):
        uid = bound.row.uid if bound.row else 0
        unseen = unseen_note(snapshot)
        text = f"a process that cannot be seen, of user {uid}: {bound.text}"
        return Holder("process", text, _ASK, evidence=(*evidence, *([unseen] if unseen else ())))
    calls = _calls(snapshot, bound)
    if len(calls) == 1:
        return _kept_by(bound, calls[0], evidence)
    if calls:
        text = f"{bound.text}: no descriptor leads to it any more, but one of {len(calls)} threads is in a call on it"
        told = (f"perhaps: {each.text}" for each in calls)
        return Holder("orphan", text, calls[0].advice, evidence=(*evidence, *told))
    text = f"{bound.text}: no descriptor leads to it that could be seen, in this process or in another"
    return Holder("orphan", text, _ASK, evidence=(*evidence, _LOST, *_unseen(snapshot)))


def _kept_by(bound: Bound, call: Lingering, evidence: Sequence[str]) -> Holder:
    return Holder(
        where="orphan",
        text=f"{bound.text}: no descriptor leads to it any more, but its close has not taken effect: {call.text}",
        advice=call.advice,
        thread=call.thread,
        site=call.site,
        evidence=(*evidence, *call.evidence),
    )


def _calls(snapshot: Snapshot, bound: Bound) -> list[Lingering]:
    """Threads in a call on what was closed, which can be this socket."""
    if bound.row is None:
        return []
    target = target_of_socket(bound.row)
    return [
        each
        for each in snapshot.derive(lingering)
        if isinstance(each.proof, CallOnClosed) and target in {each.proof.socket, *each.proof.candidates}
    ]


def _is_own(snapshot: Snapshot, bound: Bound) -> bool:
    """Whether it can be this process's, by its user; where that is not known, it can."""
    own = processes(snapshot).get(snapshot.header.process["pid"])
    return bound.row is None or own is None or bound.row.uid in {own.uid, NOTHING}


def _unseen(snapshot: Snapshot) -> Sequence[str]:
    kernel = snapshot.header.kernel
    waits = kernel["waits"] if kernel else None
    notes = (f"what the threads wait for could not be seen: {waits}" if waits else None, unseen_note(snapshot))
    return tuple(note for note in notes if note)
