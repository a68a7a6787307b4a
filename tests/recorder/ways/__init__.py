"""The ways in which a program opens and closes, each a function that is registered under its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Way = Callable[[], Any]

WAYS: dict[str, Way] = {}
"""Name to function. What a function returns stays open until all is done."""


def way(function: Way) -> Way:
    WAYS[function.__name__] = function
    return function
