from __future__ import annotations

from pyhandles.findings.lingering.closed import closed
from pyhandles.findings.pages import Page
from pyhandles.findings.summary import summary
from pyhandles.render.documents import document
from pyhandles.render.text import text_lines
from tests.shell.surrounded import SERVER, surrounded_heap


def first() -> Page:
    return closed(surrounded_heap().snapshot(), limit=1)


def test_a_paragraph_says_what_it_is_how_that_is_known_and_what_to_change():
    assert [text.plain for text in text_lines(first(), 80)] == [
        "kernel: 1 connection of 127.0.0.1:3001 is over, and the kernel alone has it",
        "still, in TIME_WAIT for 41 s more; until then, a bind() there without",
        "SO_REUSEADDR is refused.",
        "target  tcp 127.0.0.1:3001 → 127.0.0.1:40001 TIME_WAIT",
        "known   no process has it any more",
        "        a bind to 127.0.0.1:3001 failed",
        "        the other end was 127.0.0.1:40001",
        "fix     set SO_REUSEADDR before bind(), as socket.create_server() does: it may",
        "        then take a port of which such connections are left. Or let the client",
        "        close first",
        "… and 4 more (--offset 1, or a larger --limit)",
        "not all could be seen: no answer from the kernel: Operation not permitted; the",
        "descriptors of 3 processes",
    ]


def test_the_document_of_one():
    [row] = document("closed", first())["rows"]

    assert row["text"].endswith("a bind() there without SO_REUSEADDR is refused")
    assert row["evidence"][0] == "no process has it any more"
    assert row["advice"].startswith("set SO_REUSEADDR")
    assert {
        name: row[name] for name in ("kind", "fd", "fds", "target", "pid", "thread", "site", "count", "address")
    } == {
        "kind": "kernel",
        "fd": None,
        "fds": [],
        "target": f"tcp {SERVER} → 127.0.0.1:40001 TIME_WAIT",
        "pid": None,
        "thread": None,
        "site": None,
        "count": 1,
        "address": SERVER,
    }
    assert row["details"] == {
        "local": SERVER,
        "states": {"TIME_WAIT": 1},
        "peers": ["127.0.0.1:40001"],
        "longest": 41_000,
        "wanted": True,
    }


def test_the_summary_has_a_line_of_them():
    lines = [text.plain for text in text_lines(summary(surrounded_heap().snapshot()), None)]

    assert "closed     closed, but not gone: 5 (1 kernel, 2 call, 1 duplicate, 1 unnoticed): see `closed`" in lines
