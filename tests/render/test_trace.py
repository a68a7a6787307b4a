"""A trace is read downwards, at any width."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from pyhandles.findings.misuse_notes import MisuseNote
from pyhandles.findings.trace import Trace, TracedCall
from pyhandles.render.documents import document
from pyhandles.render.text import text_lines

START = 1_700_000_000_104_981_000
LATE = MisuseNote("late use", ("late use: the number had been given out again", "closed at 22:13:20.1 by worker"))


def call(moment: int = 0, name: str = "close", arguments: str = "5", **fields: object) -> TracedCall:
    values = {
        "sequence": 1,
        "time": START + moment,
        "thread": "worker-1",
        "native": 12,
        "call": name,
        "fd": 5,
        "arguments": arguments,
        "result": 0,
        "outcome": "0",
        "errno": None,
        "nanoseconds": 12_000,
        "site": "pool.py:88 in Pool.reconnect",
    }
    return TracedCall(**(values | fields))


def answer(*calls: TracedCall, **fields: object) -> Trace:
    values = {
        "total": len(calls),
        "oldest": calls[0].time if calls else None,
        "kept": len(calls),
        "recorded": len(calls),
        "since": START - 60 * 10**9,
        "complete_since": None,
    }
    return Trace(calls, **(values | fields))


def plain(trace: Trace, width: int | None = None) -> list[str]:
    return [text.plain for text in text_lines(trace, width)]


REFUSED = {"result": -1, "outcome": "-1 ECONNREFUSED (Connection refused)", "errno": "ECONNREFUSED"}


def test_a_line_for_each_call():
    found = plain(answer(call(), call(1_000_000, "connect", "5, 10.0.0.7:5432", **REFUSED)))

    assert found[0] == "2023-11-14 22:13:20 to 22:13:20 UTC"
    assert found[1].split() == ["time", "thread", "call", "result", "took", "site"]
    assert " ".join(found[2].split()) == "22:13:20.104981 worker-1 close(5) = 0 12 µs pool.py:88 in Pool.reconnect"
    assert "connect(5, 10.0.0.7:5432)  = -1 ECONNREFUSED (Connection refused)  12 µs" in found[3]


def test_what_is_to_be_said_of_a_call_stands_below_it():
    found = plain(answer(call(notes=("5 is free for 9 µs",), misuse=LATE, stack=("pool.py:88 in f", "a.py:1 in g"))))

    assert found[3:] == [
        "  └ 5 is free for 9 µs",
        "  └ late use: the number had been given out again",
        "  └ closed at 22:13:20.1 by worker",
        "    pool.py:88 in f",
        "    a.py:1 in g",
    ]


def test_what_others_did_meanwhile_is_indented_and_dim():
    *_, line = text_lines(answer(call(), call(1, "open", '"/x"', between=True), total=1), None)

    assert '    open("/x")' in line.plain
    assert any(span.style == "dim" and (span.start, span.end) == (0, len(line.plain)) for span in line.spans)


def test_a_terminal_of_eighty_columns_keeps_call_result_and_line():
    long = call(0, "openat", '"/srv/app/with/a/long/way/to/it/app.toml"', thread="ThreadPoolExecutor-0_3")
    found = plain(answer(long, call(10**9, "connect", "5, 10.0.0.7:5432", **REFUSED)), 80)

    assert found[2] == '13:20.104981  …xecutor-0_3  openat("…/app.toml")       = 0           pool.py:88'
    assert found[3] == "13:21.104981  worker-1      connect(5, 10.0.0.7:5432)  ECONNREFUSED  pool.py:88"


def test_a_terminal_of_forty_columns_has_a_paragraph_for_each_call():
    found = plain(answer(call(0, "connect", "5, 10.0.0.7:5432", **REFUSED, misuse=LATE)), 40)

    assert found == [
        "2023-11-14 22:13:20 to 22:13:20 UTC",
        "22:13:20.104981 worker-1",
        "  connect(5, 10.0.0.7:5432) = -1",
        "  ECONNREFUSED (Connection refused)",
        "  pool.py:88 in Pool.reconnect",
        "  └ late use: the number had been given",
        "    out again",
        "  └ closed at 22:13:20.1 by worker",
    ]


@pytest.mark.parametrize("width", [40, 60, 72, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int):
    trace = answer(
        call(0, "openat", '"' + "/a-long-name" * 20 + '"', site="a" * 99 + ".py:1 in " + "f" * 99, between=True),
        call(10**15, "connect", "5, 10.0.0.7:5432", **REFUSED, notes=("x " * 99,), misuse=LATE, stack=("y " * 99,)),
        total=5000,
        recorded=10**9,
        complete_since=START,
    )

    assert all(cell_len(line) <= width for line in plain(trace, width))


def test_another_day_is_told_where_it_begins():
    found = plain(answer(call(), call(86_400 * 10**9)))

    assert found[0] == "2023-11-14 22:13:20 to 2023-11-15 22:13:20 UTC"
    assert found[3] == "2023-11-15"


def test_how_many_more_there_are_and_how_far_back_they_go():
    found = plain(answer(call(), total=123, oldest=START - 10**9))

    assert found[-1] == "… after 122 earlier calls, back to 22:13:19.104981 (--last 123)"


def test_that_calls_are_missing_is_said():
    found = plain(answer(call(), recorded=2_000_000, complete_since=START))

    assert found[-1] == (
        "of 2,000,000 calls since 2023-11-14 22:12:20 UTC, 1 in memory: all from 22:13:20.104981 on, not all before"
    )


def test_nothing_fits():
    assert plain(answer()) == ["no such call is in memory"]


def test_the_fields_that_others_rely_on():
    found = document("trace", answer(call(500, misuse=LATE, notes=("5 is free",)), call(between=True)))

    assert {name: found[name] for name in ("version", "command", "total", "kept", "recorded", "complete_since")} == {
        "version": 1,
        "command": "trace",
        "total": 2,
        "kept": 2,
        "recorded": 2,
        "complete_since": None,
    }
    assert found["rows"][0] == {
        "time": 1_700_000_000.1049815,
        "thread": "worker-1",
        "call": "close",
        "fd": 5,
        "arguments": "5",
        "result": 0,
        "errno": None,
        "seconds": 0.000012,
        "site": "pool.py:88 in Pool.reconnect",
        "outcome": "0",
        "native": 12,
        "sequence": 1,
        "between": False,
        "misuse": "late use",
        "notes": ["5 is free", "late use: the number had been given out again", "closed at 22:13:20.1 by worker"],
        "stack": None,
    }
