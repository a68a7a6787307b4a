"""Checking what the kernel told of the surroundings: that its tables hold together, and that the header says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pyhandles.format import KERNEL_TABLES, WaitState
from pyhandles.snapshot.ranges import check_indices
from pyhandles.snapshot.scanner import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhandles.snapshot.ranges import Tables

_FIELDS: dict[str, tuple[type, ...]] = {
    "waits": (str, type(None)),
    "files": (str, type(None)),
    "sockets": (str, type(None)),
    "processes": (str, type(None)),
    "hidden": (int,),
}
_FAILED_CALL: dict[str, tuple[type, ...]] = {"call": (str,), "fd": (int,), "address": (str, type(None))}

_TEXTS = {"waits": ("call",), "sockets": ("local", "peer"), "processes": ("name", "command")}


def check_kernel(kernel: object, failed_call: object, tables: Tables) -> None:
    """Check these fields of the header, and that without the first there is nothing of it. Raises MalformedError."""
    _check_fields("failed_call", failed_call, _FAILED_CALL)
    _check_fields("kernel", kernel, _FIELDS)
    filled = [name for name in sorted(KERNEL_TABLES) if len(next(iter(tables[name].values())))]
    if kernel is None and filled:
        raise MalformedError(f"its table {filled[0]} is of a kernel that was not asked")


def _check_fields(name: str, value: object, fields: dict[str, tuple[type, ...]]) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise MalformedError(f"its {name} is a {type(value).__name__}")
    for field, types in fields.items():
        if not isinstance(value.get(field), types) or isinstance(value.get(field), bool):
            raise MalformedError(f"its {name}.{field} is a {type(value.get(field)).__name__}")


def _texts_are_in_range(tables: Tables) -> None:
    rows = len(tables["strings"]["end"])
    for table, columns in _TEXTS.items():
        for column in columns:
            check_indices(f"{table}.{column}", tables[table][column], rows, may_be_nothing=True)


def _states_are_known(tables: Tables) -> None:
    if not np.isin(tables["waits"]["state"], np.array(list(WaitState), dtype="<u4")).all():
        raise MalformedError("waits.state holds a state that is not known")


RULES: tuple[Callable[[Tables], None], ...] = (_texts_are_in_range, _states_are_known)
