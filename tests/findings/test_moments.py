from __future__ import annotations

import pytest

from pyhandles.findings.moments import clock_text, left_text, span_text


def test_the_time_of_day():
    assert clock_text(1_700_000_000_104_981_999) == "22:13:20.104981"


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (850, "850 ns"),
        (1_500, "1 µs"),
        (12_000, "12 µs"),
        (3_440_000, "3.4 ms"),
        (34_000_000, "34 ms"),
        (1_200_000_000, "1.2 s"),
        (59_000_000_000, "59 s"),
        (300_000_000_000, "5 min"),
        (3 * 3600 * 10**9, "3 h"),
        (50 * 3600 * 10**9, "2 d"),
    ],
)
def test_a_span_of_time(nanoseconds: int, text: str):
    assert span_text(nanoseconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0 s"), (1, "1 s"), (59_400, "60 s"), (60_000, "60 s"), (119_000, "119 s"), (7_200_000, "2 h")],
)
def test_how_long_the_kernel_keeps_something_yet(milliseconds: int, text: str):
    assert left_text(milliseconds) == text
