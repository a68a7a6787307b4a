"""A snapshot that is open, and what names an object of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.errors import UnknownObject
from pyhandles.findings.names import Named, resolve_any
from pyhandles.snapshot import Snapshot

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Self

    from pyhandles.snapshot.header import Header


class Opened:
    """What all questions need."""

    def __init__(self, model: Snapshot) -> None:
        self.model = model
        self._marks: Mapping[str, int] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Map the file at ``path`` and check it. Raises SnapshotError."""
        return cls(Snapshot.open(path))

    def __repr__(self) -> str:
        return f"<snapshot {self.name}: {len(self.model.descriptors):,} open, {self.model.n_objects:,} objects>"

    @property
    def name(self) -> str:
        """The path that was opened."""
        return self.model.name

    @property
    def header(self) -> Header:
        """When, where and why the snapshot was made, as the file has it."""
        return self.model.header

    def _named(self, x: object) -> Named:
        return resolve_any(self.model, x, self._marks)

    def _index(self, x: object) -> int:
        named = self._named(x)
        if not named.indices:
            raise UnknownObject(f"no object owns descriptor {named.fd}", f"`why({named.fd})` says what is known.")
        return named.indices[0]
