"""What a selector of Python's believes to have registered, beside what the kernel's set has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.roles import lens_of
from pyhandles.format import LABEL_KIND_SHIFT, LABEL_VALUE_MASK, LabelKind
from pyhandles.inspectors.selecting import keeper
from pyhandles.snapshot.labels import unzigzag

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_KEYS_NOT_TOLD = (LabelKind.VALUE_HASH, LabelKind.VALUE_TYPE)


def numbers_in_selector(snapshot: Snapshot, owner: int) -> frozenset[int] | None:
    """The numbers that the selector around this epoll object has; None where there is none, or keys were left out."""
    found = keeper(lens_of(snapshot), owner)
    if found is None:
        return None
    rows = snapshot.rows_of(found[1])
    labels = snapshot.labels[rows.start : rows.stop]
    kinds = labels >> LABEL_KIND_SHIFT
    if np.isin(kinds, _KEYS_NOT_TOLD).any():
        return None
    return frozenset(map(unzigzag, (labels[kinds == LabelKind.VALUE_INT] & LABEL_VALUE_MASK).tolist()))
