"""The texts of a snapshot, each once, by number; and labels, which are numbers that may name a text."""

from __future__ import annotations

from array import array
from typing import Any

from pyhandles.format import LABEL_KIND_SHIFT, LABEL_VALUE_MASK, NOTHING, LabelKind

LONGEST_CHARACTERS = 1000
_MEMBER = LabelKind.MEMBER.value << LABEL_KIND_SHIFT


class Strings:
    """The tables "strings" and "text" of `pyhandles.format`."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, text: Any) -> int:
        """The number of a text; NOTHING for what is none."""
        if type(text) is not str:
            if not issubclass(type(text), str):
                return NOTHING
            text = str.__str__(text)  # whatever its class makes of it
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers.setdefault(text[:LONGEST_CHARACTERS], len(self._numbers))
        return number

    def label(self, kind: int, text: str) -> int:
        return kind << LABEL_KIND_SHIFT | self.add(text)

    def member(self, name: str) -> int:
        """The label of a field of an object whose type is written in C."""
        return _MEMBER | self.add(name)

    def numbers_of(self, parts: tuple[bytes, ...]) -> set[int]:
        """The texts that contain one of these, however its letters of ASCII are written."""
        return {number for text, number in self._numbers.items() if _contains(text, parts)}

    def columns(self) -> tuple[array[int], array[int]]:
        """Where each text ends, and all of them."""
        ends, whole = array("I"), array("B")
        for text in self._numbers:
            whole.frombytes(text.encode("utf-8", "surrogatepass"))
            ends.append(len(whole))
        return ends, whole


def _contains(text: str, parts: tuple[bytes, ...]) -> bool:
    lowered = text.encode("utf-8", "surrogatepass").lower()
    return any(part in lowered for part in parts)


def label(kind: int, value: int) -> int:
    return kind << LABEL_KIND_SHIFT | (min(LABEL_VALUE_MASK, value))
