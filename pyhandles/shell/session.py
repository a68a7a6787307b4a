"""What lasts from one command to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyhandles.snapshot import Snapshot

Format = Literal["text", "json", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(slots=True)
class Session:
    """An open snapshot, how answers are to look, and what the last answer left to go on from."""

    snapshot: Snapshot
    name: str
    """Of the file, without its directory."""
    format: Format = "text"
    marks: Mapping[str, int] = field(default_factory=dict)
    """``*A`` → index of the object, from the last answer that had marks."""
    mentions: Mapping[str, str] = field(default_factory=dict)
    """Names of objects in the last answer, in its order: ``63``, ``0x7f12…``, ``*A`` → what it is, in a few words."""
