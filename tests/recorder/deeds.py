"""What was done to descriptors, in a form in which a tracer and a recording can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Deed:
    """One descriptor opened or closed, or a call that would have done so and failed."""

    fd: int
    """-1 where none was made."""
    what: str
    """``opened``, ``closed``, ``closed to N``, or the name of an error."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A deed, and how it was told."""

    deed: Deed
    text: str


Sections = dict[str, list[Seen]]
"""Name of a way to what was seen until its mark."""


def in_sections(lines: Iterable[tuple[str | None, list[Seen]]]) -> Sections:
    """Divide what was seen by the marks. Each line is the name of a mark, if it is one, and what was done in it."""
    sections: Sections = {}
    current: list[Seen] = []
    for mark, seen in lines:
        if mark is None:
            current += seen
        else:
            sections[mark] = current
            current = []
    return sections


def only_in(one: list[Seen], other: list[Seen]) -> list[Seen]:
    """What was seen in one oftener than in the other."""
    rest = [seen.deed for seen in other]
    only = []
    for seen in one:
        if seen.deed in rest:
            rest.remove(seen.deed)
        else:
            only.append(seen)
    return only
