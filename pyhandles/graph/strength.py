"""How much each reference tells of why its target is alive."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_UNCOUNTED, LABEL_VALUE_MASK, LabelKind
from pyhandles.graph.rows import rows_of_all
from pyhandles.snapshot.labels import pack_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyhandles.graph.folding import Reference
    from pyhandles.snapshot import Snapshot

BACKGROUND_FIELDS = (
    "__bases__",
    "__builtins__",
    "__globals__",
    "__module__",
    "__mro__",
    "__objclass__",
    "f_builtins",
    "f_code",
    "f_function",
    "f_globals",
    "ht_module",
    "tp_cache",
)
"""Fields that tie objects to the classes and modules of a program, whatever its data."""

BACKGROUND_VARIABLES = ("__class__",)
"""Closure variables that the compiler makes: ``__class__`` is for ``super()``."""


FINALIZER = "weakref.finalize._Info"
"""What is to be called when another object is gone. The registry of `weakref` has them all, whose they ever are."""

FINALIZER_FIELDS = ("args", "func", "kwargs")

LOOP_HANDLES = ("asyncio.events.Handle", "asyncio.events.TimerHandle")


class Strength(IntEnum):
    """Lower tells more."""

    DATA = 0
    BACKGROUND = 1  # to a type, a base, a function's module, of a finalizer: they tell of the program, not of its data
    GUESS = 2  # a word of an evaluation stack that may be stale
    WEAK = 3  # keeps nothing alive


class Strengths:
    """The strength of every reference of a snapshot. ``of_rows``: shape (n_references,), uint8."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        kinds = (snapshot.labels >> LABEL_KIND_SHIFT).astype(np.uint8)
        by_kind = np.zeros(max(LabelKind) + 1, dtype=np.uint8)
        by_kind[[LabelKind.TYPE, LabelKind.BASE]] = Strength.BACKGROUND
        by_kind[LabelKind.STACK_CANDIDATE] = Strength.GUESS
        by_kind[LabelKind.WEAK] = Strength.WEAK
        self.of_rows = by_kind[kinds]
        self._mark_background(kinds, LabelKind.MEMBER, BACKGROUND_FIELDS)
        self._mark_background(kinds, LabelKind.CLOSURE, BACKGROUND_VARIABLES)
        finalizers = self._finalizers()
        self._mark_background(kinds, LabelKind.SLOT, FINALIZER_FIELDS, of=finalizers)
        self._mark_arguments(finalizers)

    def _mark_background(
        self, kinds: np.ndarray, kind: LabelKind, names: tuple[str, ...], of: np.ndarray | None = None
    ) -> None:
        strings = self._snapshot.strings
        is_background = np.zeros(len(strings), dtype=bool)
        is_background[[index for name in names if (index := strings.find(name)) is not None]] = True
        rows = np.flatnonzero(kinds == kind) if of is None else of[kinds[of] == kind]
        rows = rows[is_background[self._snapshot.labels[rows] & LABEL_VALUE_MASK]]
        self.of_rows[rows] = Strength.BACKGROUND

    def _finalizers(self) -> np.ndarray:
        """The rows of all objects of this type."""
        return _rows_of(self._snapshot, self._snapshot.objects_of(FINALIZER))

    def _mark_arguments(self, finalizers: np.ndarray) -> None:
        """What lies in the tuple of a finalizer's arguments, which is made for it alone."""
        given = self._snapshot.targets[finalizers[self.of_rows[finalizers] == Strength.BACKGROUND]]
        tuples = [index for index in given if self._snapshot.type_name(int(index)) == "tuple"]
        self.of_rows[_rows_of(self._snapshot, np.array(tuples, dtype=np.int64))] = Strength.BACKGROUND


class LoopHandles:
    """The calls that asyncio's loops are to make, once something has come or at a time. Take it with ``derive``.

    objects: their indices. rows: what they refer to; both int64. The loop has one for each connection that it serves,
    wanted or not: what they keep alive is alive, but whose it is they do not tell.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.objects = snapshot.objects_of(*LOOP_HANDLES)
        self.rows = _rows_of(snapshot, self.objects)
        self._rows = frozenset(self.rows.tolist())

    def end_in(self, steps: Sequence[Reference]) -> int:
        """How many steps of a path there are up to the last that a loop's call makes, with that; 0 if none does."""
        return max((place for place, step in enumerate(steps, 1) if step.row in self._rows), default=0)


def _rows_of(snapshot: Snapshot, objects: np.ndarray) -> np.ndarray:
    rows, _ = rows_of_all(snapshot.starts, objects)
    return rows


class FieldLabels:
    """Packed labels of the fields that folding knows, to compare with; -1 where the snapshot does not have one."""

    def __init__(self, snapshot: Snapshot) -> None:
        def member(name: str) -> int:
            index = snapshot.strings.find(name)
            return -1 if index is None else pack_label(LabelKind.MEMBER, index)

        self.dict = member("__dict__")
        self.closure = member("__closure__")
        self.cell_contents = member("cell_contents")
        self.locals = member("f_locals")
        self.method = frozenset({member("__self__"), member("__func__")}) - {-1}


def plain(label: int) -> int:
    """The packed label without the note whether it is counted."""
    return label & ~LABEL_UNCOUNTED
