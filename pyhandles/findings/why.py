"""The five lines of a bare name: verdict, path, where opened, what to cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyhandles.findings.describe import Described
from pyhandles.findings.handles import Handle
from pyhandles.findings.verdict import Verdict
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
    raise NotImplementedError
