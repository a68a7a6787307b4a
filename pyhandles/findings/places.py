"""Where in the source a thing was written, as far as the snapshot knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pyhandles.findings.describe import code_of
from pyhandles.format import NOTHING

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot


class Place(NamedTuple):
    file: str
    line: int

    @property
    def text(self) -> str:
        return f"{self.file}:{self.line}"


class ClassPlaces:
    """Where classes are written: a snapshot says so of functions alone, so it is told by the first method of a class.

    Take it with ``snapshot.derive(ClassPlaces)``. Cost: linear in the functions' different codes.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._first: dict[tuple[str, str], Place] = {}
        columns = snapshot.tables["functions"]
        _, rows = np.unique(columns["code"], return_index=True)
        for row in rows.tolist():
            function = snapshot.functions[row]
            code = code_of(snapshot, function.code)
            # What a decorator has put around a method, or has generated, is written elsewhere.
            if code is None or code.qualname != function.qualname or not code.file or code.file.startswith("<"):
                continue
            owner = (function.qualname or "").rpartition(".")[0]
            if not owner or owner.endswith("<locals>"):
                continue
            key = (function.module or "", owner)
            place = Place(code.file, code.line)
            if key not in self._first or place.line < self._first[key].line:
                self._first[key] = place

    def of(self, module: str | None, qualname: str | None) -> Place | None:
        """Its first method, which is below the line that begins with ``class``."""
        return self._first.get((module or "", qualname or ""))


def code_place(snapshot: Snapshot, code_index: int) -> Place | None:
    """The first line of a code object."""
    code = None if code_index == NOTHING else snapshot.codes.of(code_index)
    return Place(code.file, code.line) if code and code.file else None


def place_of(snapshot: Snapshot, index: int) -> Place | None:
    """Of a function its first line, of a class its first method; None for what is no such thing."""
    if function := snapshot.functions.of(index):
        return code_place(snapshot, function.code)
    if type_ := snapshot.type_records.of(index):
        return snapshot.derive(ClassPlaces).of(type_.module, type_.qualname)
    return None
