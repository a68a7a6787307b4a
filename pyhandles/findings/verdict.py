"""What pyhandles concludes of one handle."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` is one of `KINDS`; ``text`` is one sentence with its evidence, without a full stop at the end."""

    kind: str
    text: str


KINDS = (
    "shared",
    "stale",
    "closing",
    "garbage",
    "exception",
    "frame",
    "rooted",
    "raw",
    "inherited",
    "standard",
    "native",
)
"""The first that fits is given."""
