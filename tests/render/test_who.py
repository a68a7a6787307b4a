"""Who holds an address: a paragraph each, the call that failed above, what could not be seen below."""

from __future__ import annotations

import json

from pyhandles.findings.summary import summary
from pyhandles.findings.who import who
from pyhandles.render.documents import document
from pyhandles.render.text import text_lines
from tests.heap import Heap
from tests.taken import ADDRESS, UNIX, closed_under_a_call, failing, served, surrounded


def lines(answer: object, width: int | None = 80) -> list[str]:
    return [text.plain for text in text_lines(answer, width)]


def test_a_handle():
    assert lines(who(served().snapshot())) == [
        "bind() of fd 5 to 127.0.0.1:3001 failed: EADDRINUSE, Address already in use.",
        "",
        "fd 3 of this process: tcp 127.0.0.1:3001, which listens, held by Server.sock.",
        "verdict  held by global SERVER of module app → Server.sock",
        "path     global SERVER of module app → Server.sock → socket.socket fd 3",
        "opened   not recorded",
        "cut      global SERVER of module app",
        "fix      close it before the address is bound again, or bind another address",
    ]


def test_a_socket_that_a_call_keeps():
    found = lines(who(closed_under_a_call().snapshot()), None)

    assert found[2].startswith(
        "udp 127.0.0.1:3001: no descriptor leads to it any more, but its close has not taken effect: thread reader is "
    )
    assert found[2].endswith(".")
    assert found[-1].startswith("fix    wake the thread up before closing")


def test_nobody():
    heap = surrounded(failing(Heap(), "/run/app.sock", **UNIX), hidden=3)

    found = lines(who(heap.snapshot()), None)

    assert found[1] == "Nothing that could be seen holds /run/app.sock."
    assert found[2].startswith("note    a snapshot knows nothing of the file system")
    assert found[3] == "unseen  the descriptors of 3 processes"


def test_connections_that_are_left_out_are_counted():
    heap = served()
    heap.tcp(9, "127.0.0.1:40000", ADDRESS, inode=1009)

    assert lines(who(heap.snapshot()), None)[-1] == (
        "more  1 connection with this address, which may be in the way once these are gone"
    )


def test_the_document_has_the_fields_and_all_that_why_says():
    found = json.loads(json.dumps(document("who", who(served().snapshot()))))

    [holder] = found["holders"]
    assert found["address"] == ADDRESS
    assert found["failed_call"]["call"] == "bind"
    assert {name: holder[name] for name in ("where", "fd", "pid", "thread", "site")} == {
        "where": "handle",
        "fd": 3,
        "pid": None,
        "thread": None,
        "site": None,
    }
    assert holder["path"] == holder["why"]["path"]
    assert holder["why"]["verdict"]["kind"] == "rooted"


def test_the_summary_names_the_call_and_the_command():
    found = lines(summary(served().snapshot()), None)

    assert f"failed     bind() of fd 5 to {ADDRESS} failed: EADDRINUSE, Address already in use: see `who`" in found
