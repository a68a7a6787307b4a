"""The shape of a retention path: what stays the same each time that a program leaks in the same way.

Types, attributes, variables and functions are in it; addresses, positions, keys, counts, line numbers, threads and
directories are not. What repeats, as along a linked list or up a tree, stands in it once.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import TYPE_CHECKING

from pyhandles.format import LabelKind as Kind
from pyhandles.format import RootKind
from pyhandles.graph.paths import RootRank
from pyhandles.graph.roots import Roots
from pyhandles.snapshot.model import full_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyhandles.findings.retention import Retention
    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

SIGNATURE_DIGITS = 10

_NAMED = {Kind.ATTRIBUTE, Kind.SLOT, Kind.MEMBER, Kind.GLOBAL, Kind.LOCAL, Kind.CLOSURE, Kind.CONTEXT}
"""Kinds of label whose text the source of the program has. All else is told by its kind alone."""


class Shapes:
    """The shapes of one snapshot's paths. Take it with ``snapshot.derive(Shapes)``."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._names: dict[int, str | None] = {}

    def of(self, kept: Retention, target: int) -> tuple[str, ...]:
        """The shape of what keeps an object, from the root or around the loop down to it. Empty if nothing does."""
        end = self._snapshot.type_name(target)
        if kept.path:
            return (self._root(kept.path.root, kept.path.rank), *self._collapsed(kept.path.steps), end)
        if kept.loop:
            return ("cycle", *self._collapsed(kept.loop.steps), "keeps", *self._collapsed(kept.loop.down), end)
        return ()

    def _root(self, index: int, rank: RootRank) -> str:
        root = self._snapshot.derive(Roots).table.get(index)
        if root is None or rank == RootRank.NATIVE:
            return f"native code: {self._snapshot.type_name(index)}"
        if root.kind == RootKind.FRAME:
            return "frame"
        return f"{RootKind(root.kind).name.lower()} {root.name or ''}".rstrip()

    def _collapsed(self, steps: Iterable[Reference]) -> Iterable[str]:
        """The steps; of those in a row between objects of one type, and of equal ones in a row, the first."""
        last = None
        is_inside = False
        for step in steps:
            is_inner = self._snapshot.type_index(step.source) == self._snapshot.type_index(step.target)
            text = self._step(step)
            if text != last and not (is_inner and is_inside):
                yield text
            last, is_inside = text, is_inner

    def _step(self, step: Reference) -> str:
        label = self._snapshot.label(step.row)
        what = label.text if label.kind in _NAMED else label.kind.name.lower()
        return f"{self._name(step.source) or self._snapshot.type_name(step.source)}: {what}"

    def _name(self, index: int) -> str | None:
        """What the source calls the object, if it does: a class, a module, a function, the function of a frame."""
        if index not in self._names:
            self._names[index] = _name(self._snapshot, index)
        return self._names[index]


def _name(snapshot: Snapshot, index: int) -> str | None:
    class_ = snapshot.type_records.of(index)
    if class_:
        return f"class {full_name(class_.module, class_.qualname)}"
    module = snapshot.modules.of(index)
    if module:
        return f"module {module.name}"
    function = snapshot.functions.of(index)
    if function:
        return f"function {full_name(function.module, function.qualname)}"
    frame = snapshot.frames.of(index)
    code = frame and snapshot.codes.of(frame.code)
    return f"{code.qualname or code.name} in {PurePath(code.file or '?').name}" if code else None


def signature(parts: Sequence[str]) -> str:
    """A short hash of a shape, the same in every run and on every machine."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:SIGNATURE_DIGITS]
