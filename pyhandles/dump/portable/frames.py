"""The frames that run, of every thread, and what each refers to."""

from __future__ import annotations

import ctypes
import itertools
import os
import sys
import threading
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import TYPE_CHECKING, Any, NamedTuple

from pyhandles.dump.portable.layout import Layout, variable_names
from pyhandles.dump.portable.strings import Strings, label
from pyhandles.format import LABEL_UNCOUNTED, NOTHING, THREAD_CAPTURING, THREAD_MAIN, FrameKind, LabelKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = os.path.dirname(__file__) + os.sep
# As in the module inspect, which takes longer to import than all of this.
_OPTIMIZED = 0x1
_OF_GENERATOR = 0x20 | 0x80 | 0x200

Reference = tuple[object, int]
"""A target and its label."""


class Running(NamedTuple):
    """A frame that runs. depth: 0 is the innermost of its thread."""

    frame: FrameType
    thread: int
    depth: int


class Thread(NamedTuple):
    """A row of the table "threads"."""

    ident: int
    native: int
    name: object
    flags: int


def threads(capturing: int) -> tuple[list[Thread], list[Running]]:
    """Every thread that runs Python, and its frames but for those of the capture itself.

    capturing: the thread that asked for the capture; the one that makes it is none of the program's.
    """
    active: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined] # noqa: SLF001
    main, current = threading.main_thread().ident, threading.get_ident()
    rows, frames = [], []
    for ident, innermost in sys._current_frames().items():  # noqa: SLF001
        if ident == current != capturing:
            continue
        thread = active.get(ident)
        flags = (THREAD_MAIN if ident == main else 0) | (THREAD_CAPTURING if ident == capturing else 0)
        native = _attribute(thread, "_native_id")
        rows.append(Thread(ident, native if type(native) is int else 0, _attribute(thread, "_name"), flags))
        shown = (frame for frame in _outwards(innermost) if not frame.f_code.co_filename.startswith(_HERE))
        frames += [Running(frame, len(rows) - 1, depth) for depth, frame in enumerate(shown)]
    return rows, frames


def _attribute(thread: threading.Thread | None, name: str) -> object:
    """Past what a class derived from Thread makes of it; without a dict made for it, as vars() would."""
    try:
        return object.__getattribute__(thread, name)
    except AttributeError:
        return None


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


class FrameReader:
    """Tells the references of frames. layout: None where only what Python shows can be told."""

    def __init__(self, strings: Strings, layout: Layout | None) -> None:
        self._strings = strings
        self._layout = layout

    def references(self, frame: FrameType) -> Iterator[Reference]:
        """What a running frame holds for certain."""
        code = frame.f_code
        is_of_generator = bool(code.co_flags & _OF_GENERATOR)
        if not is_of_generator:
            function = self.function(frame)
            if function:
                yield _object_at(function), self._strings.member("f_function")
            yield code, self._strings.member("f_code")
            if not code.co_flags & _OPTIMIZED and type(frame.f_locals) is dict:
                yield frame.f_locals, self._strings.member("f_locals")
        if self._layout is None:
            return
        used = self._layout.used_words(frame)
        # A generator reports its own frame to the collector, the variables too as soon as their number is known.
        is_reported = is_of_generator and (used is not None or not self._layout.tells_depth)
        known = itertools.chain(self.variables(frame), self.stack(frame) if used is not None else ())
        for address, label_ in known:
            yield _object_at(address), label_ | (LABEL_UNCOUNTED if is_reported else 0)

    def candidates(self, frame: FrameType) -> Iterator[tuple[int, int]]:
        """Addresses that may be on a running frame's evaluation stack, and their labels.

        Some are stale, so none may be taken for an object that is not known to be one.
        """
        if self._layout and self._layout.used_words(frame) is None:
            for depth, address in enumerate(self._stack_words(frame)):
                if address:
                    yield address, label(LabelKind.STACK_CANDIDATE, depth) | LABEL_UNCOUNTED

    def stack(self, frame: FrameType) -> Iterator[tuple[int, int]]:
        """Addresses on the evaluation stack of a frame that does not run, and their labels."""
        used = self._layout.used_words(frame) if self._layout else None
        if used is not None:
            for depth, address in enumerate(self._stack_words(frame)[: used - len(variable_names(frame))]):
                if address:
                    yield address, label(LabelKind.STACK, depth)

    def function(self, frame: FrameType) -> int:
        """The address of the function that the frame runs, or 0."""
        return self._layout.function_of(frame) if self._layout else 0

    def variables(self, frame: FrameType) -> Iterator[tuple[int, int]]:
        """Addresses of a frame's bound variables, and their labels."""
        if self._layout:
            names = variable_names(frame)
            for name, address in zip(names, self._layout.words_of(frame, 0, len(names)), strict=True):
                if address:
                    yield address, self._strings.label(LabelKind.LOCAL, name)

    def _stack_words(self, frame: FrameType) -> list[int]:
        if self._layout is None:
            return []
        return self._layout.words_of(frame, len(variable_names(frame)), frame.f_code.co_stacksize)


def _object_at(address: int) -> object:
    return ctypes.cast(address, ctypes.py_object).value


class FrameRow(NamedTuple):
    """A row of the table "frames"; ``object`` and ``code`` as objects."""

    object: object
    code: CodeType
    line: int
    thread: int
    depth: int
    kind: FrameKind


def running_row(running: Running) -> FrameRow:
    frame = running.frame
    return FrameRow(frame, frame.f_code, frame.f_lineno or 0, running.thread, running.depth, FrameKind.RUNNING)


def suspended_row(generator: Any) -> FrameRow | None:
    """The row of a generator or coroutine; None where it runs, or is finished."""
    prefix, kind = _GENERATORS[type(generator)]
    frame = getattr(generator, f"{prefix}_frame")
    if frame is None or getattr(generator, f"{prefix}_running"):
        return None
    return FrameRow(generator, frame.f_code, frame.f_lineno or 0, NOTHING, 0, kind)


_GENERATORS = {
    GeneratorType: ("gi", FrameKind.GENERATOR),
    CoroutineType: ("cr", FrameKind.COROUTINE),
    AsyncGeneratorType: ("ag", FrameKind.ASYNC_GENERATOR),
}
