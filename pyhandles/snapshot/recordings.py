"""Checking what the recorder wrote: that its tables hold together, and that its header says so.

Beside what holds for any table: a call has a name, a misuse is of a kind that is known, the sequence of the events
ascends, and no table has a row where no recorder ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import DEEPEST_STACK, RECORDED_TABLES, MisuseKind
from pyhandles.snapshot.ranges import check_ends, check_indices
from pyhandles.snapshot.scanner import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.snapshot.ranges import Tables

_FIELDS: dict[str, tuple[type, ...]] = {
    "since": (int, float),
    "depth": (int,),
    "misuse": (str,),
    "events": (int,),
    "numbers": (int,),
    "unseen": (int,),
}
_END_OF_TIME = 253_402_300_800

_TEXTS = {"sites": ("file", "function"), "events": ("detail",)}
_CALLS = ("events", "openings", "counters", "misuses")
_SITES = {"stacks": "site", "counters": "site"}
_STACKS = {"events": ("stack",), "openings": ("stack",), "misuses": ("stack", "closed_stack", "opened_stack")}


def check_recorder(recorder: object, tables: Tables) -> None:
    """Check the field "recorder" of the header, and that without it nothing was recorded. Raises MalformedError."""
    if recorder is None:
        filled = [name for name in sorted(RECORDED_TABLES) if len(next(iter(tables[name].values())))]
        if filled:
            raise MalformedError(f"its table {filled[0]} is of a recorder that did not run")
        return
    if not isinstance(recorder, dict):
        raise MalformedError(f"its recorder is a {type(recorder).__name__}")
    for field, types in _FIELDS.items():
        value = recorder.get(field)
        if not isinstance(value, types) or isinstance(value, bool):
            raise MalformedError(f"its recorder.{field} is a {type(value).__name__}")
        if isinstance(value, (int, float)) and not value >= 0:  # NaN, too, is not
            raise MalformedError(f"its recorder.{field} is below nothing")
    if not recorder["since"] < _END_OF_TIME:
        raise MalformedError("its recorder.since is a number of no clock")


def _texts_are_in_range(tables: Tables) -> None:
    rows = len(tables["strings"]["end"])
    for table, columns in _TEXTS.items():
        for column in columns:
            check_indices(f"{table}.{column}", tables[table][column], rows, may_be_nothing=True)
    for table in _CALLS:
        check_indices(f"{table}.call", tables[table]["call"], rows, may_be_nothing=False)


def _sites_are_in_range(tables: Tables) -> None:
    rows = len(tables["sites"]["line"])
    check_indices("stack_frames.site", tables["stack_frames"]["site"], rows, may_be_nothing=False)
    for table, column in _SITES.items():
        check_indices(f"{table}.{column}", tables[table][column], rows, may_be_nothing=True)


def _stacks_are_in_range(tables: Tables) -> None:
    check_ends(tables, "stacks", "stack_frames", "site")
    ends = tables["stacks"]["end"]
    for table, columns in _STACKS.items():
        for column in columns:
            check_indices(f"{table}.{column}", tables[table][column], len(ends), may_be_nothing=True)
    if np.any(np.diff(ends, prepend=np.uint32(0)) > DEEPEST_STACK):
        raise MalformedError("stacks.end makes a stack deeper than any that is recorded")


def _errors_have_a_counter(tables: Tables) -> None:
    rows = len(tables["counters"]["count"])
    check_indices("counter_errors.counter", tables["counter_errors"]["counter"], rows, may_be_nothing=False)


def _misuses_are_known(tables: Tables) -> None:
    if not np.isin(tables["misuses"]["kind"], np.array(list(MisuseKind), dtype="<u4")).all():
        raise MalformedError("misuses.kind holds a kind that is not known")


def _events_ascend(tables: Tables) -> None:
    sequence = tables["events"]["sequence"]
    if np.any(sequence[1:] <= sequence[:-1]):
        raise MalformedError("events.sequence does not ascend")


RULES: tuple[Callable[[Tables], None], ...] = (
    _texts_are_in_range,
    _sites_are_in_range,
    _stacks_are_in_range,
    _errors_have_a_counter,
    _misuses_are_known,
    _events_ascend,
)
