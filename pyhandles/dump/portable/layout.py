"""Where a frame keeps its variables in memory.

Python shows a frame's variables by copying them, and never the cells and the evaluation stack. They stand one after
the other at a place that differs from version to version. It is found by looking for objects known to be variables
of a frame made for it, so no version is assumed; where they are not found, frames tell less.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import FrameType

_WORD = ctypes.sizeof(ctypes.c_size_t)
_INT = ctypes.sizeof(ctypes.c_int)
_HEADER_WORDS = 2
_LONGEST_HEADER = 13
"""Words before a frame's first variable, at most."""
_TAGS = 7
"""The lowest bits of an address; newer versions mark references in them."""


class Layout(NamedTuple):
    """Places, in words.

    frame: in a frame object, of the address of the interpreter's own frame. function, variables: in that one, of its
    function and of its first variable. tells_depth: whether the word before that one says how many words are in use.
    """

    frame: int
    function: int
    variables: int
    tells_depth: bool

    def function_of(self, frame: FrameType) -> int:
        """The address of the function that the frame runs."""
        [address] = _words(_word(id(frame), self.frame), self.function, 1)
        return address

    def words_of(self, frame: FrameType, first: int, count: int) -> list[int]:
        """Addresses of variables, from the first; 0 where one is unbound. The evaluation stack follows them."""
        return _words(_word(id(frame), self.frame), self.variables + first, count)

    def used_words(self, frame: FrameType) -> int | None:
        """How many words the variables and the evaluation stack take.

        None while the frame runs C, or where it is not known at all.
        """
        return _used(_word(id(frame), self.frame), self.variables) if self.tells_depth else None


def find_layout() -> Layout | None:
    """The layout of this Python's frames, or None where it cannot be found."""

    def probe() -> Layout | None:
        shared, plain, other = object(), object(), object()

        def closure() -> object:
            return shared

        [cell] = closure.__closure__ or ()
        frame = sys._getframe()  # noqa: SLF001
        known = {"plain": id(plain), "other": id(other), "closure": id(closure), "shared": id(cell)}
        names = variable_names(frame)
        expected = [known.get(name) for name in names]
        return _search(frame, expected, id(probe))

    return probe()


def variable_names(frame: FrameType) -> list[str]:
    """Names of a frame's variables in their order in memory.

    Local ones come first, then those shared with inner functions, then those of outer functions.
    """
    code = frame.f_code
    inner = [name for name in code.co_cellvars if name not in code.co_varnames]
    return [*code.co_varnames, *inner, *code.co_freevars]


def _search(frame: FrameType, expected: list[int | None], function: int) -> Layout | None:
    for place in range(_HEADER_WORDS, type(frame).__basicsize__ // _WORD):
        address = _word(id(frame), place)
        # The interpreter's frame is the only thing that a running frame's object leads to besides other objects.
        if address % _WORD or address < 1 << 16:
            continue
        words = _words(address, 0, _LONGEST_HEADER)
        if function not in words:
            continue
        for first in range(words.index(function) + 1, _LONGEST_HEADER):
            found = _words(address, first, len(expected))
            if all(want in {None, word} for want, word in zip(expected, found, strict=True)):
                return Layout(place, words.index(function), first, _tells_depth(frame, place, first))
    return None


def _tells_depth(outer: FrameType, place: int, first: int) -> bool:
    """Tried on two frames: one that has called a Python function, and this one, which runs C as it looks."""
    address = _word(id(sys._getframe()), place)  # noqa: SLF001
    own = ctypes.c_int32.from_address(address + (first - 1) * _WORD).value
    used = _used(_word(id(outer), place), first)
    least = len(variable_names(outer))
    return own < 0 and used is not None and least <= used <= least + outer.f_code.co_stacksize


def _used(address: int, first: int) -> int | None:
    used = _signed_word(address, first)
    return used if used >= 0 else None


def _signed_word(address: int, first: int) -> int:
    data = ctypes.string_at(address + (first - 1) * _WORD, _INT)
    return int.from_bytes(data, sys.byteorder, signed=True)


def _word(address: int, place: int) -> int:
    return int.from_bytes(ctypes.string_at(address + place * _WORD, _WORD), sys.byteorder)


def _words(address: int, first: int, count: int) -> list[int]:
    words = memoryview(ctypes.string_at(address + first * _WORD, count * _WORD)).cast("P")
    return [word & ~_TAGS for word in words]
