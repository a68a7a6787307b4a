"""Reading a snapshot file, safely, and looking things up in it."""

from __future__ import annotations

from pyhandles.snapshot.model import Snapshot

__all__ = ["Snapshot"]
