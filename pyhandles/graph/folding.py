"""References as the source reads: chains of objects that are one thing to the programmer, shown as one step.

An instance refers to its ``__dict__``, which refers to a value: to its author that is one attribute. The same
holds for a module and its globals, a function and its closure variables, a frame and a variable that a closure
shares with it, and for whoever holds a bound method and so its instance. The objects in between are folded away,
unless something else holds them too.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pyhandles.format import LABEL_KIND_SHIFT, LabelKind
from pyhandles.graph.adjacency import Adjacency
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import FieldLabels, Strength, Strengths, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.labels import Label

METHOD_TYPES = frozenset({"method", "builtin_function_or_method", "builtin_method", "method-wrapper"})
_MAX_METHODS = 3
_MAX_HOLDERS_OF_A_METHOD = 256


class Reference(NamedTuple):
    """A step from ``source`` to ``target``; the reference at ``row`` names it.

    via: the objects folded away, from the source's side to the target's.
    """

    source: int
    row: int
    target: int
    via: tuple[int, ...] = ()


class Folding:
    """The references to an object, folded; weak ones are never among them.

    raw: fold nothing. background: with the references to types and bases, and from functions to their modules;
    see `Strength`.
    """

    def __init__(self, snapshot: Snapshot, *, raw: bool = False, background: bool = False) -> None:
        self._snapshot = snapshot
        self._raw = raw
        self._background = background
        self._adjacency = snapshot.derive(Adjacency)
        self._roots = snapshot.derive(Roots)
        self._strengths = snapshot.derive(Strengths).of_rows
        self._fields = snapshot.derive(FieldLabels)

    def label(self, reference: Reference) -> Label:
        return self._snapshot.label(reference.row)

    def count(self, target: int) -> int:
        """How many references lead to the object, before folding."""
        _, rows = self._adjacency.incoming(target)
        return int(np.isin(self._strengths[rows], self._followed(target)).sum())

    def referrers(self, target: int) -> Iterator[Reference]:
        """The steps to ``target``, each once: those that tell most first, else in the order of the file."""
        return self._referrers(target, _MAX_METHODS)

    def of_row(self, source: int, row: int) -> Iterator[Reference]:
        """The steps that one reference of the file is part of, at least one."""
        return self._fold(source, row, int(self._snapshot.targets[row]), _MAX_METHODS)

    def _referrers(self, target: int, methods: int) -> Iterator[Reference]:
        """``methods``: how many bound methods on end may still be folded; an altered file may hold a loop of them."""
        seen: set[tuple[int, int]] = set()
        for source, row in self._incoming(target):
            for reference in self._fold(source, row, target, methods):
                key = (reference.source, reference.row)
                if key not in seen:
                    seen.add(key)
                    yield reference

    def _incoming(self, target: int) -> list[tuple[int, int]]:
        """Sources and rows of the references to follow to ``target``."""
        sources, rows = self._adjacency.incoming(target)
        strengths = self._strengths[rows]
        pairs: list[tuple[int, int]] = []
        for strength in self._followed(target):
            is_chosen = strengths == strength
            pairs += zip(sources[is_chosen].tolist(), rows[is_chosen].tolist(), strict=True)
        return pairs

    def _followed(self, target: int) -> list[Strength]:
        followed = [Strength.DATA]
        if self._background:
            followed.append(Strength.BACKGROUND)
        if self._roots.unexplained[target]:
            followed.append(Strength.GUESS)
        return followed

    def _fold(self, source: int, row: int, target: int, methods: int) -> Iterator[Reference]:
        unfolded = Reference(source, row, target)
        if self._raw:
            yield unfolded
            return
        label = plain(int(self._snapshot.labels[row]))
        kind = label >> LABEL_KIND_SHIFT
        if kind in {LabelKind.ATTRIBUTE, LabelKind.GLOBAL} and self._snapshot.type_name(source) == "dict":
            yield from self._through_dict(unfolded)
        elif label == self._fields.cell_contents:
            yield from self._through_cell(unfolded)
        elif methods and label in self._fields.method and self._snapshot.type_name(source) in METHOD_TYPES:
            yield from self._through_method(unfolded, methods - 1)
        else:
            yield unfolded

    def _through_dict(self, unfolded: Reference) -> Iterator[Reference]:
        namespace, row, target, _ = unfolded
        labelled = self._labelled(namespace)
        owners = [source for source, _, label in labelled if label == self._fields.dict]
        for owner in owners:
            yield Reference(owner, row, target, (namespace,))
        if not owners or any(label not in {self._fields.dict, self._fields.locals} for _, _, label in labelled):
            yield unfolded

    def _through_cell(self, unfolded: Reference) -> Iterator[Reference]:
        cell, _, target, _ = unfolded
        is_folded = False
        is_held_besides = False
        for source, row, label in self._labelled(cell):
            kind = label >> LABEL_KIND_SHIFT
            if kind == LabelKind.LOCAL:
                is_folded = True
                yield Reference(source, row, target, (cell,))
            elif kind == LabelKind.CLOSURE:
                functions = [function for function, _, of in self._labelled(source) if of == self._fields.closure]
                is_folded |= bool(functions)
                for function in functions:
                    yield Reference(function, row, target, (source, cell))
            else:
                is_held_besides = True
        if is_held_besides or not is_folded:
            yield unfolded

    def _through_method(self, unfolded: Reference, methods: int) -> Iterator[Reference]:
        method, _, target, _ = unfolded
        holders = list(islice(self._referrers(method, methods), _MAX_HOLDERS_OF_A_METHOD + 1))
        for holder in holders[:_MAX_HOLDERS_OF_A_METHOD]:
            yield Reference(holder.source, holder.row, target, (*holder.via, method))
        if not holders or len(holders) > _MAX_HOLDERS_OF_A_METHOD or self._roots.is_held_natively(method):
            yield unfolded

    def _labelled(self, target: int) -> list[tuple[int, int, int]]:
        """Sources, rows and packed labels of the references to follow to ``target``."""
        labels = self._snapshot.labels
        return [(source, row, plain(int(labels[row]))) for source, row in self._incoming(target)]
