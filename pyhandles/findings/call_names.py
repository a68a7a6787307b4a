"""Calls by the names that a user gives: several, with wildcards, and in the spelling of the C library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.findings.patterns import Pattern
from pyhandles.findings.strace import plain_call

if TYPE_CHECKING:
    from collections.abc import Iterable


def names_asked_for(asked: str, known: Iterable[str]) -> set[str]:
    """The known names that fit: ``close``, ``open,close``, ``epoll*``; ``open`` fits ``open64``, and back.

    Raises UnknownObject where one of those asked for fits none.
    """
    known = set(known)
    found: set[str] = set()
    for part in asked.split(","):
        name = part.strip()
        patterns = Pattern(name), Pattern(plain_call(name))
        fits = {each for each in known if any(p.fits(each) or p.fits(plain_call(each)) for p in patterns)}
        if not fits:
            raise Pattern(name).unknown("recorded call", map(plain_call, known), "`calls --by call` lists them.")
        found |= fits
    return found
