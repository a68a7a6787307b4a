"""Moments and spans of time in words: of nanoseconds, as the recorder counts them."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((1_000, "ns", 1), (1_000_000, "µs", 1_000), (1_000_000_000, "ms", 1_000_000), (60_000_000_000, "s", 10**9))
_MINUTE = 60 * 10**9
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_TEN = 10
_TWO_MINUTES = 120


def left_text(milliseconds: int) -> str:
    """So long yet, in the kernel's words for a socket that it will give up: ``60 s``, begun ones counted; ``2 h``."""
    seconds = -(-milliseconds // 1000)
    return f"{seconds} s" if seconds < _TWO_MINUTES else span_text(seconds * 10**9)


def clock_text(nanoseconds: int) -> str:
    """The time of day, UTC, of nanoseconds since 1970: ``14:03:22.104981``."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}.{rest // 1000:06}"


def span_text(nanoseconds: int) -> str:
    """So long: ``850 ns``, ``12 µs``, ``3.4 ms``, ``1.2 s``, ``5 min``, ``3 h``, ``2 d``."""
    for end, unit, size in _UNITS:
        if nanoseconds < end:
            number = nanoseconds / size
            return f"{number:.1f} {unit}" if size > 1_000 and number < _TEN else f"{nanoseconds // size} {unit}"
    for end, unit, size in ((_HOUR, "min", _MINUTE), (_DAY, "h", _HOUR)):
        if nanoseconds < end:
            return f"{nanoseconds // size} {unit}"
    return f"{nanoseconds // _DAY} d"
