"""An object in the user's words: one short text without an address."""

from __future__ import annotations

from dataclasses import dataclass

from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Described:
    """One object of the snapshot.

    ``type`` is ``module.qualname``, ``builtins.`` left out. ``text`` reads on its own, as in ``list of 3``,
    ``function app.handle (app.py:62)``, ``socket.socket fd 63``; it holds no address.
    """

    index: int
    address: int
    type: str
    text: str


def describe(snapshot: Snapshot, index: int) -> Described:
    """Describe the object at ``index``."""
    raise NotImplementedError
