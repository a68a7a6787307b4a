"""Bounds as people write them: ``5``, ``>1000``, ``<=10k``."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING

import numpy as np

from pyhandles.errors import BadFilter

if TYPE_CHECKING:
    from collections.abc import Callable

_BOUND = re.compile(r"\s*(>=|<=|>|<|=|)\s*([0-9]{1,15})\s*([kKmMgG]?)\s*")
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_COMPARISONS: dict[str, Callable[[np.ndarray, np.uint64], np.ndarray]] = {
    "": operator.eq,
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def within(numbers: np.ndarray, bound: str | int, *, what: str, is_bytes: bool = False) -> np.ndarray:
    """Which of the numbers fit the bound, shape (n,), bool.

    what: what is bounded, for the message. is_bytes: a bound may have a unit: k is 1024, M and G are that to the second
    and to the third. Raises BadFilter.
    """
    found = _BOUND.fullmatch(str(bound))
    if found is None or (found[3] and not is_bytes):
        examples = "5, >1000, <3, >=10k or <1M" if is_bytes else "5, >1000 or <3"
        raise BadFilter(f"{str(bound)!r} is no bound of a {what}", f"As in {examples}.")
    sign, digits, unit = found.groups()
    return _COMPARISONS[sign](numbers, np.uint64(min(int(digits) * _UNITS[unit.lower()], 2**63)))
