"""Cycles of the whole heap, among the living and among garbage.

In a real program classes, their functions and the modules tie nearly all objects into one component. Among live objects
references to classes, to modules and their dicts, and from functions to these are left out; among garbage all count,
for there each of them keeps its target.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.graph.cycles import OUTSIDE, Loop, Loops
from pyhandles.graph.roots import Roots
from pyhandles.graph.strength import FieldLabels, Strength, Strengths

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot

_FEW = 30
"""Of a component of so many objects, loops through each are compared."""


class Components(Loops):
    """The strong components of more than one object, or of one that refers to itself. Take it with ``derive``.

    of_objects: the number of each object's component, `OUTSIDE` for what is in none. Shape (n_objects,), int32.
    """

    def _population(self) -> np.ndarray:
        return np.ones(self._snapshot.n_objects, dtype=bool)

    def _follow(self) -> np.ndarray:
        snapshot = self._snapshot
        strengths = snapshot.derive(Strengths).of_rows
        is_live = snapshot.derive(Roots).reachable
        is_followed: np.ndarray = (strengths == Strength.DATA) & ~_is_background(snapshot)[snapshot.targets]
        is_live_source = np.repeat(is_live, np.diff(snapshot.starts))
        is_followed &= is_live_source
        is_followed |= ~is_live_source & ~is_live[snapshot.targets] & (strengths <= Strength.BACKGROUND)
        return is_followed

    @property
    def of_objects(self) -> np.ndarray:
        return self._component

    def members(self, number: int) -> np.ndarray:
        """The objects of a component, as indices."""
        begin, end = np.searchsorted(self._numbers, [number, number + 1])
        return self._members[begin:end]

    @cached_property
    def _members(self) -> np.ndarray:
        """What is in cycles, by component. Shape (n_members,)."""
        objects = np.flatnonzero(self._component != OUTSIDE)
        ordered: np.ndarray = objects[np.argsort(self._component[objects], kind="stable")]
        return ordered

    @cached_property
    def _numbers(self) -> np.ndarray:
        """The component of each of `_members`, ascending."""
        numbers: np.ndarray = self._component[self._members]
        return numbers

    def shortest_loop(self, number: int) -> Loop | None:
        """The shortest loop of a small component; of a large one, the shortest through the object most referred to."""
        members = self.members(number)
        starts = members[self._tops[members]].tolist() if len(members) <= _FEW else [self._hub(number)]
        ways = [way for way in self._search(starts, None) if way]
        loops = [Loop(self._steps(way), ()) for way in ways]
        return min(loops, key=lambda loop: len(loop.steps), default=None)


def _is_background(snapshot: Snapshot) -> np.ndarray:
    """Which objects are classes, modules, or the dicts of modules. Shape (n_objects,), bool."""
    is_background = np.zeros(snapshot.n_objects, dtype=bool)
    is_background[snapshot.tables["types"]["object"]] = True
    modules = snapshot.tables["modules"]["object"]
    is_background[modules] = True
    label = snapshot.derive(FieldLabels).dict
    for module in modules.tolist():
        rows = snapshot.rows_of(module)
        part = slice(rows.start, rows.stop)
        is_background[snapshot.targets[part][snapshot.labels[part] == label]] = True
    return is_background
