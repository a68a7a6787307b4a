"""Rows of the tables in which the recorder tells what happened to descriptors; see `pyhandles.format` for the fields.

Times are nanoseconds since 1970, ``duration`` and ``nanoseconds`` are nanoseconds, a thread is the kernel's number.
``site`` and ``stack`` are rows of the tables so called, or `NOTHING`.
"""

from __future__ import annotations

from typing import NamedTuple


class Site(NamedTuple):
    """A line of code, or a native library. flags: `SiteFlag`. function: its qualified name."""

    file: str | None
    function: str | None
    line: int
    flags: int


class Stack(NamedTuple):
    """site: the one to tell of. `Snapshot.sites_of` gives all of the frames."""

    end: int
    site: int


class Event(NamedTuple):
    """One call, in the order in which they ended. flags: `EventFlag`. errno: 0 where it worked."""

    sequence: int
    time: int
    duration: int
    thread: int
    call: str
    fd: int
    other: int
    result: int
    errno: int
    flags: int
    generation: int
    stack: int
    detail: str | None


class Opening(NamedTuple):
    """The present opening of a descriptor. pid: of the process that opened it."""

    fd: int
    time: int
    thread: int
    pid: int
    call: str
    generation: int
    stack: int


class CallCounter(NamedTuple):
    """All calls of one kind at one site. flags: `CounterFlag`. run_first, run_last: -1 where nothing was closed."""

    call: str
    site: int
    flags: int
    count: int  # type: ignore[assignment]  # the name of the column
    errors: int
    nanoseconds: int
    unopened: int
    run_first: int
    run_last: int


class CounterError(NamedTuple):
    """counter: a row of the counters. errno: 0 for all those that found no room."""

    counter: int
    errno: int
    count: int  # type: ignore[assignment]  # the name of the column


class Misuse(NamedTuple):
    """kind: `MisuseKind`. count: so often at this site. A time of 0, a thread of 0: not known."""

    kind: int
    count: int  # type: ignore[assignment]  # the name of the column
    time: int
    thread: int
    pid: int
    call: str
    fd: int
    stack: int
    closed_time: int
    closed_thread: int
    closed_stack: int
    opened_time: int
    opened_thread: int
    opened_stack: int
