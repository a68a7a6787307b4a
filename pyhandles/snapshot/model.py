"""The snapshot in memory: columns as numpy views of the mapped file."""

from __future__ import annotations

import os


class Snapshot:
    """One snapshot. Columns are read-only views of the mapped file; texts are decoded when asked for."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Snapshot:
        """Map the file at ``path`` and check it. Raises SnapshotError."""
        raise NotImplementedError
