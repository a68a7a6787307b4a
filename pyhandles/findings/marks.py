"""Marks: ``*A``, ``*B``, … for the objects that an answer comes back to."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyhandles.graph.slices import Slice


def assign_marks(slices: Iterable[Slice]) -> dict[int, str]:
    """Index of each object that stands on more than one line → its mark.

    Those that close a circle come first, so that ``*A`` is on the nearest one wherever there is one.
    """
    circular: dict[int, None] = {}
    shared: dict[int, None] = {}
    for slice_ in slices:
        for reference in slice_.repeats():
            is_circular = slice_.is_on_way_to(reference.source, reference.target)
            (circular if is_circular else shared)[reference.source] = None
    in_order = [*circular, *(index for index in shared if index not in circular)]
    return {index: f"*{_letters(number)}" for number, index in enumerate(in_order)}


def _letters(number: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    text = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, len(ascii_uppercase))
        text = ascii_uppercase[letter] + text
    return text
