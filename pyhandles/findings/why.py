"""The five lines of a bare name: verdict, path, where opened, what to cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyhandles.findings.cut import also_held, cut_text
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.identify import handle_asked_for
from pyhandles.findings.lingering.closed import advice_at
from pyhandles.findings.misuses import misuse_kinds
from pyhandles.findings.roles import role_of
from pyhandles.findings.verdicts.case import case
from pyhandles.findings.verdicts.kept_open import beside
from pyhandles.findings.verdicts.verdict import Verdict, verdict
from pyhandles.findings.wording import retention_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.handles import Handle
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Why:
    """path: texts, from the root or around the loop, down to the object. ``opened_at``: ``file:line in function``.

    also: how the object would be held still if that were cut, as ``path``; empty where it would go.
    role: what a library uses it for; advice: what to write for that, where it is certain. None where not known.
    misuse: kinds of it that were recorded of this descriptor's number. lingering: what `closed` tells of it, beside the
    verdict.
    """

    handle: Handle | None
    object: Described | None
    verdict: Verdict
    path: tuple[str, ...]
    opened_at: str | None
    cut: str | None
    role: str | None = None
    advice: str | None = None
    misuse: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    lingering: tuple[str, ...] = ()


def why(snapshot: Snapshot, indices: Sequence[int], *, fd: int | None = None) -> Why:
    """Say in short why the first of the objects is alive. ``indices`` and ``fd`` as in `identify`."""
    of = case(snapshot, indices, fd)
    handle = handle_asked_for(snapshot, indices, fd)
    role = role_of(snapshot, of.fd, of.indices)
    given = verdict(of)
    told = Why(
        handle=handle,
        object=None,
        verdict=given,
        path=(),
        opened_at=handle.opened_at if handle else None,
        cut=None,
        role=role.text if role else None,
        advice=(role.advice if role else None) or advice_at(snapshot, of.fd),
        misuse=_misuse(snapshot, handle),
        lingering=beside(of, given),
    )
    if of.kept is None:
        return told
    return replace(
        told,
        object=describe(snapshot, indices[0]),
        path=tuple(retention_texts(snapshot, of.kept, indices[0])),
        cut=cut_text(snapshot, of.kept),
        also=also_held(snapshot, of.kept, indices[0]),
    )


def _misuse(snapshot: Snapshot, handle: Handle | None) -> tuple[str, ...]:
    return tuple(misuse_kinds(snapshot, fd=handle.fd)) if handle and handle.fd is not None else ()
