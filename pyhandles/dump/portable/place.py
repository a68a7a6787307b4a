"""Where a capture runs, and so what it may do."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """mode: as the snapshot tells it. is_disposable: nothing comes after. own_table: it may close descriptors."""

    mode: str
    is_disposable: bool
    own_table: bool


CHILD = Place("fork", is_disposable=True, own_table=True)
APART = Place("in place", is_disposable=False, own_table=True)
"""A thread of the service, with a descriptor table of its own."""
WITHIN = Place("in place", is_disposable=False, own_table=False)
"""The thread that asked for it."""
