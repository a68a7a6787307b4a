"""The fields of a snapshot beside its tables: when, where and why it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Header:
    """As `pyhandles.format` documents them. ``time``: seconds since 1970. ``errno``: its number."""

    writer: str
    pyhandles: str
    time: float
    trigger: str
    errno: int | None
    process: Mapping[str, Any]
    python: Mapping[str, Any]
    limits: Mapping[str, Any]
    gc: Mapping[str, Any]
    options: Mapping[str, Any]
    capture: Mapping[str, Any]

    @classmethod
    def of(cls, scanned: Mapping[str, Any]) -> Header:
        """Take the fields out of a scanned and checked snapshot."""
        return cls(**{field: scanned[field] for field in cls.__dataclass_fields__})
