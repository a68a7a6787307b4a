"""What a user may ask a path to avoid: an object, or references by what they are called in an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.errors import UnknownObject
from pyhandles.findings.describe import describe
from pyhandles.findings.names import is_name, resolve
from pyhandles.findings.spelling import closest
from pyhandles.findings.wording import frame_text
from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LabelKind
from pyhandles.graph.adjacency import Adjacency
from pyhandles.graph.owners import Owners
from pyhandles.snapshot.labels import NAMED_KINDS, pack_label, read_label, zigzag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyhandles.snapshot import Snapshot

_PLAIN = np.uint32(~LABEL_UNCOUNTED & 0xFFFF_FFFF)


def rows_to_avoid(snapshot: Snapshot, avoid: Sequence[str], marks: Mapping[str, int] | None = None) -> np.ndarray:
    """The rows of the references that the texts mean: those to and from objects, or those that are called so.

    An object is named as for `resolve`. A reference is called as answers call it: ``attribute .idle``, ``.idle``,
    ``Pool.idle``, ``global POOL``, ``global POOL of module app``, ``closure variable conns``, ``item [0]``.
    Raises UnknownObject. Cost: one pass over the references for each text.
    """
    found = [_rows_of(snapshot, text, marks) for text in avoid]
    return np.concatenate([np.array([], dtype=np.int64), *found])


def _rows_of(snapshot: Snapshot, text: str, marks: Mapping[str, int] | None) -> np.ndarray:
    if is_name(text):
        indices = resolve(snapshot, text, marks).indices
        return np.concatenate([np.array([], dtype=np.int64), *(_rows_at(snapshot, index) for index in indices)])
    rows = _called(snapshot, text)
    if not len(rows):
        raise UnknownObject(f"no reference is called {text!r}", _hint(snapshot, text))
    return rows


def _rows_at(snapshot: Snapshot, index: int) -> np.ndarray:
    incoming = snapshot.derive(Adjacency).incoming(index).rows
    return np.concatenate([incoming, np.arange(*snapshot.starts[index : index + 2])])


def _called(snapshot: Snapshot, text: str) -> np.ndarray:
    labels = snapshot.derive(_Labels)
    if (rows := labels.find(text)) is not None:
        return rows
    label, of, whose = text.partition(" of ")
    if of and (rows := labels.find(label)) is not None:
        return _from(snapshot, rows, whose)
    class_, dot, name = text.rpartition(".")
    if dot and (rows := labels.find(f".{name}")) is not None:
        return _from_class(snapshot, rows, class_)
    return np.array([], dtype=np.int64)


def _from(snapshot: Snapshot, rows: np.ndarray, whose: str) -> np.ndarray:
    """Those of the references whose source is told so: ``module app``, ``handle() at app.py:62``."""
    sources = snapshot.derive(Owners).of(rows)
    fits = {
        index: whose in {describe(snapshot, index).text, frame_text(snapshot, index)} for index in set(sources.tolist())
    }
    return rows[[fits[index] for index in sources.tolist()]]


def _from_class(snapshot: Snapshot, rows: np.ndarray, class_: str) -> np.ndarray:
    """Those of the references whose source is of this class, or is the class itself."""
    sources = snapshot.derive(Owners).of(rows)
    is_wanted = np.zeros(snapshot.n_objects + 1, dtype=bool)
    is_itself = np.zeros(snapshot.n_objects, dtype=bool)
    for record in snapshot.type_records:
        if class_ in {record.qualname, snapshot.name_of_type(record.object)}:
            is_wanted[record.object] = is_itself[record.object] = True
    types = np.minimum(snapshot.types[sources], snapshot.n_objects)
    wanted: np.ndarray = rows[is_wanted[types] | is_itself[sources]]
    return wanted


class _Labels:
    """The labels of a snapshot by what they are called; of numbered ones, there may be a million, by what they say."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._labels = snapshot.labels & _PLAIN
        self._strings = snapshot.strings
        is_named = np.isin(self._labels >> LABEL_KIND_SHIFT, list(NAMED_KINDS))
        self.by_text: dict[str, list[int]] = {}
        for packed in np.unique(self._labels[is_named]).tolist():
            self._add(packed)

    def _add(self, packed: int) -> None:
        label = read_label(packed, self._strings)
        for text in {label.text, label.suffix}:
            self.by_text.setdefault(text, []).append(packed)

    def find(self, text: str) -> np.ndarray | None:
        """Rows of the references that are called so; None where none is."""
        packed = self.by_text.get(text) or self._numbered(text)
        rows = np.flatnonzero(np.isin(self._labels, packed))
        return rows if len(rows) else None

    def _numbered(self, text: str) -> list[int]:
        """The labels that are called so of the kinds that have a number for a name, or none."""
        number = re.search(r"-?\d{1,9}", text)
        value = int(number[0]) if number else 0
        kinds = [kind for kind in LabelKind if kind not in NAMED_KINDS]
        values = {abs(value), max(value - 1, 0), zigzag(value)}
        packed = [pack_label(kind, each) for kind in kinds for each in values]
        read = [(each, read_label(each, self._strings)) for each in packed]
        return [each for each, label in read if text in {label.text, label.suffix}]


def _hint(snapshot: Snapshot, text: str) -> str:
    otherwise = "Name a reference as answers do, `.idle` or `global POOL`, or an object: 0x7f12…, #1234."
    return closest(text, snapshot.derive(_Labels).by_text, otherwise, show=repr)
