"""What pyhandles concludes of one handle, or of one object, from the kernel's side and the heap's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.claims import Claims
from pyhandles.findings.collector import collector_text
from pyhandles.findings.describe import call_site, describe
from pyhandles.findings.descriptors import kind_of
from pyhandles.findings.retention import Retention, retention
from pyhandles.findings.wording import loop_texts, retention_texts, root_text
from pyhandles.format import NOTHING, THREAD_CAPTURING, FrameKind, OwnerFlag
from pyhandles.graph.paths import RootRank
from pyhandles.graph.roots import Roots
from pyhandles.snapshot.labels import read_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.records import Frame


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` is one of `KINDS`; ``text`` is one sentence with its evidence, without a full stop at the end."""

    kind: str
    text: str


KINDS = (
    "shared",
    "stale",
    "closing",
    "garbage",
    "exception",
    "frame",
    "rooted",
    "raw",
    "inherited",
    "standard",
    "native",
)
"""The first that fits is given."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a verdict is given on: a descriptor number, objects, or both. ``kept``: how the first object is."""

    snapshot: Snapshot
    fd: int | None
    indices: tuple[int, ...]
    kept: Retention | None


def case(snapshot: Snapshot, indices: Sequence[int], fd: int | None = None) -> Case:
    """The case of a descriptor number and its owners, or of an object and the number that it owns."""
    if fd is None and indices:
        owner = snapshot.owners.of(indices[0])
        claims = snapshot.derive(Claims)
        if owner and any(owner.object == each.object for each in claims.owners(owner.fd)):
            fd = owner.fd
    return Case(snapshot, fd, tuple(indices), retention(snapshot, indices[0]) if indices else None)


def verdict(of: Case) -> Verdict:
    """The first verdict that fits; see `KINDS`."""
    for kind, rule in _RULES.items():
        text = rule(of)
        if text is not None:
            return Verdict(kind, text)
    return Verdict("native", _native(of))


def _shared(of: Case) -> str | None:
    if of.fd is None:
        return None
    roots = of.snapshot.derive(Roots)
    owners = [owner.object for owner in of.snapshot.derive(Claims).owners(of.fd)]
    reachable = [index for index in owners if not roots.is_garbage(index)]
    if len(reachable) < 2:
        return None
    names = [describe(of.snapshot, index) for index in reachable]
    listed = ", ".join(f"{name.type} at {name.address:#x}" for name in names)
    return (
        f"{len(reachable)} objects own it: {listed}; when one closes it, the others use what comes next at its number"
    )


def _stale(of: Case) -> str | None:
    claims = of.snapshot.derive(Claims)
    owner = of.snapshot.owners.of(of.indices[0]) if of.indices else None
    if owner is None or not claims.is_stale(owner):
        return None
    descriptor = claims.descriptors.get(owner.fd)
    if descriptor is None:
        return f"it believes to own descriptor {owner.fd}, which is closed"
    return f"it believes to own descriptor {owner.fd}, which is a {kind_of(descriptor)} by now"


def _closing(of: Case) -> str | None:
    owner = of.snapshot.owners.of(of.indices[0]) if of.indices else None
    if owner is None or not owner.flags & OwnerFlag.CLOSING:
        return None
    if owner.uses <= 0:
        return "close() was called, but the descriptor is still open"
    files = "1 makefile() object" if owner.uses == 1 else f"{owner.uses} makefile() objects"
    return f"close() was called, and waits for {files} to be closed, too"


def _garbage(of: Case) -> str | None:
    if of.kept is None or not of.kept.is_garbage or of.snapshot.header.gc["collecting"]:
        return None
    loop = of.kept.loop
    reason = f"only a cycle keeps it: {_arrows(loop_texts(of.snapshot, loop))}" if loop else "no root reaches it"
    return f"{reason}; {collector_text(of.snapshot, loop.steps[0].source if loop else of.indices[0])}"


def _exception(of: Case) -> str | None:
    path = of.kept and of.kept.path
    if not path:
        return None
    passed = [index for step in path.steps for index in (step.source, *step.via)]
    for index in passed:
        if of.snapshot.exceptions.of(index) or of.snapshot.type_name(index) == "traceback":
            return f"held by {_held_by(of)}, by way of {describe(of.snapshot, index).text}"
    return None


def _frame(of: Case) -> str | None:
    path = of.kept and of.kept.path
    if not path or path.rank != RootRank.LOCAL:
        return None
    if not path.steps:
        return _itself(of)
    return f"held by {_held_by(of)}{_where_the_thread_is(of.snapshot, path.root)}"


def _where_the_thread_is(snapshot: Snapshot, index: int) -> str:
    frame = snapshot.frames.of(index)
    if frame is None or not frame.depth or _is_capturing(snapshot, frame):
        return ""
    innermost = next(
        (
            other
            for other in snapshot.frames
            if other.thread == frame.thread and not other.depth and other.kind == FrameKind.RUNNING
        ),
        None,
    )
    return f"; the thread is in {call_site(snapshot, innermost)}" if innermost else ""


def _is_capturing(snapshot: Snapshot, frame: Frame) -> bool:
    """The innermost frames of the thread that made the snapshot are those of its making."""
    return frame.thread == NOTHING or bool(snapshot.threads[frame.thread].flags & THREAD_CAPTURING)


def _rooted(of: Case) -> str | None:
    path = of.kept and of.kept.path
    if not path or path.rank == RootRank.NATIVE:
        return None
    return f"held by {_held_by(of)}" if path.steps else _itself(of)


def _itself(of: Case) -> str:
    return f"it is a root: {root_text(of.snapshot, of.indices[0])}"


def _raw(of: Case) -> str | None:
    # A small integer that happens to equal the number of what was there from the start is no evidence.
    if of.indices or of.fd is None or _is_from_start(of):
        return None
    for number in of.snapshot.numbers:
        if number.value == of.fd:
            label = read_label(number.label, of.snapshot.strings)
            return f"no object owns it; its number is {label.text} of {describe(of.snapshot, number.object).text}"
    return None


def _inherited(of: Case) -> str | None:
    if of.fd is None or of.fd in _STANDARD or not _is_from_start(of):
        return None
    return "no object owns it; it was open when pyhandles was installed"


_STANDARD = {0: "standard input", 1: "standard output", 2: "standard error"}


def _standard(of: Case) -> str | None:
    return f"it is {_STANDARD[of.fd]}, as at the start" if of.fd in _STANDARD and _is_from_start(of) else None


def _is_from_start(of: Case) -> bool:
    return not of.indices and of.fd is not None and of.snapshot.derive(Claims).descriptors[of.fd].start == 1


def _native(of: Case) -> str:
    if not of.indices:
        return "no object in the snapshot owns it: native code opened it, or Python code that keeps only its number"
    if of.kept and of.kept.path:
        root = of.kept.path.root
        if of.kept.path.steps:
            return f"held by {_held_by(of)}"
        if of.snapshot.derive(Roots).is_immortal(root):
            return "it is never freed"
        count = int(of.snapshot.derive(Roots).unexplained[root])
        return f"held by native code: {count:,} references to it are from no object in the snapshot"
    return "no root reaches it, but the snapshot was made during a collection, which may be freeing it"


def _held_by(of: Case) -> str:
    """The path, down to where the object itself would come."""
    return _arrows(retention_texts(of.snapshot, of.kept, of.indices[0])[:-1]) if of.kept else ""


def _arrows(texts: Sequence[str]) -> str:
    return " → ".join(texts)


_RULES: dict[str, Callable[[Case], str | None]] = {
    "shared": _shared,
    "stale": _stale,
    "closing": _closing,
    "garbage": _garbage,
    "exception": _exception,
    "frame": _frame,
    "rooted": _rooted,
    "raw": _raw,
    "inherited": _inherited,
    "standard": _standard,
}
