"""The five lines of a bare name: verdict, path, where opened, what to cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyhandles.findings.cut import cut_text
from pyhandles.findings.describe import Described, describe
from pyhandles.findings.identify import handle_asked_for
from pyhandles.findings.verdict import Verdict, case, verdict
from pyhandles.findings.wording import retention_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.findings.handles import Handle
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Why:
    """path: texts, from the root or around the loop, down to the object. ``opened_at``: ``file:line in function``."""

    handle: Handle | None
    object: Described | None
    verdict: Verdict
    path: tuple[str, ...]
    opened_at: str | None
    cut: str | None


def why(snapshot: Snapshot, indices: Sequence[int], *, fd: int | None = None) -> Why:
    """Say in short why the first of the objects is alive. ``indices`` and ``fd`` as in `identify`."""
    of = case(snapshot, indices, fd)
    handle = handle_asked_for(snapshot, indices, fd)
    if of.kept is None:
        return Why(handle, None, verdict(of), (), None, None)
    return Why(
        handle=handle,
        object=describe(snapshot, indices[0]),
        verdict=verdict(of),
        path=tuple(retention_texts(snapshot, of.kept, indices[0])),
        opened_at=handle.opened_at if handle else None,
        cut=cut_text(snapshot, of.kept),
    )
