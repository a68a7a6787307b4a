"""The fields of a snapshot beside its tables: when, where and why it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Header:
    """As `pyhandles.format` documents them. ``time``: seconds since 1970. ``errno``: its number.

    recorder: None where none ran, and in files that are older than it. kernel: None where nothing was asked of it but
    the descriptors. failed_call: None where the call whose error the capture was made for is not known.
    """

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
    recorder: Mapping[str, Any] | None = None
    kernel: Mapping[str, Any] | None = None
    failed_call: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, scanned: Mapping[str, Any]) -> Header:
        """Take the fields out of a scanned and checked snapshot."""
        return cls(**{field: scanned[field] for field in cls.__dataclass_fields__ if field in scanned})

    @property
    def moment(self) -> float:
        """When all was as the snapshot has it, in seconds since 1970: a walk, of a length of its own, before `time`.

        Snapshots that were begun one after the other may be finished in another order.
        """
        return max(float(self.time - self.capture["seconds"]), 0.0)
