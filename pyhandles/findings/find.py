"""The objects that fit what is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.findings.describe import Described, describe
from pyhandles.findings.filters import Filters, fitting
from pyhandles.findings.pages import Page, page
from pyhandles.format import SATURATED

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Match:
    """size: bytes of the object alone. refcount: None where the object is immortal."""

    object: Described
    size: int
    refcount: int | None


@dataclass(frozen=True, slots=True)
class Matches:
    """size: bytes of all that fit, those of other pages too. by_size: the largest come first."""

    page: Page[Match]
    size: int
    by_size: bool = False


def find(snapshot: Snapshot, filters: Filters, *, limit: int | None = None, offset: int = 0) -> Matches:
    """The objects that fit all filters, in the order of the file; with a bound of the size the largest first.

    Raises BadFilter, UnknownObject. Cost: a few passes over the objects, or over the references for ``attr``, in numpy.
    """
    found = fitting(snapshot, filters)
    sizes = snapshot.sizes[found].astype(np.int64)
    total = int(sizes.sum())
    by_size = filters.size is not None
    if by_size:
        found = found[np.argsort(-sizes, kind="stable")]
    shown = page(found.tolist(), lambda index: _match(snapshot, index), limit=limit, offset=offset)
    return Matches(shown, total, by_size)


def _match(snapshot: Snapshot, index: int) -> Match:
    refcount = int(snapshot.refcounts[index])
    return Match(describe(snapshot, index), int(snapshot.sizes[index]), None if refcount == SATURATED else refcount)
