from __future__ import annotations

from pyhandles.findings.calls import calls
from pyhandles.render.text import text_lines
from tests.shell.recorded import recorded_heap


def lines(width: int | None, **options: object) -> list[str]:
    return [text.plain for text in text_lines(calls(recorded_heap().snapshot(), **options), width)]


def test_a_table_of_this_process_then_one_of_its_children():
    assert lines(80) == [
        "calls  failed                         seconds  call     at",
        "  300  20 ECONNREFUSED, 1 ETIMEDOUT  2.000000  connect  pool.py:88 in Pool.get",
        "  300                                0.001500  socket   pool.py:88 in Pool.get",
        "  299  2 EBADF                       0.000300  close    pool.py:95 in Pool.drop",
        "   12                                0.000060  socket   libcares.so.2",
        "    5                                0.000050  open     app.py:12 in main",
        "    5                                0.000050  open     (other sites)",
        "921 calls, 23 failed, 2.001960 s",
        "→ 2 closes of numbers that were not open from `drop()` at pool.py:95, 1 of them",
        "  never opened; see `misuse`",
        "",
        "in forked children, before they ran another program",
        "calls  failed        seconds  µs each  call   at",
        "1,021  1,019 EBADF  0.000200      0.2  close  util.py:31 in daemonize",
        "1,021 calls, 1,019 failed, 0.000200 s",
        "→ close storm: 1,015 closes of never-opened numbers from `daemonize()` at",
        "  util.py:31, fd 3 to 1023 one after the other; 99.8% of 1,021 closes failed;",
        "  use `os.closerange` or `close_fds`",
        "since 2023-11-14 21:56:40 UTC",
    ]


def test_a_narrow_one_keeps_how_often_what_and_where():
    narrow = lines(40)

    assert narrow[:2] == ["calls  call     at", "  300  connect  pool.py:88 in Pool.get"]


def test_a_page_says_what_follows():
    assert "… and 5 more (--offset 2, or a larger --limit)" in lines(None, limit=2)


def test_a_sum_over_places_says_how_many():
    assert "312                                0.001560      5.0  socket   2 sites" in "\n".join(lines(None, by="call"))
