"""The first page: what was captured, when, why, and how full the descriptor table was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyhandles.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Collector:
    enabled: bool
    thresholds: tuple[int, ...]
    counts: tuple[int, ...]
    collections: tuple[int, ...]
    collecting: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """``time`` is in seconds since 1970. ``errno`` is its name, ``EMFILE``. ``kinds`` and ``owners``: most first."""

    trigger: str
    errno: str | None
    time: float
    pid: int
    argv: tuple[str, ...]
    python: str
    objects: int
    references: int
    open: int
    soft_limit: int | None
    hard_limit: int | None
    limit_met: str | None
    kinds: Mapping[str, int]
    owners: Mapping[str, int]
    gc: Collector


def summary(snapshot: Snapshot) -> Summary:
    raise NotImplementedError
