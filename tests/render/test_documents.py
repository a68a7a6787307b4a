"""The fields that other programs rely on: a test here that has to change means a new version of the documents."""

from __future__ import annotations

from dataclasses import replace

from pyhandles.errors import UnknownObject
from pyhandles.findings.biography import biography
from pyhandles.findings.calls import calls
from pyhandles.findings.describe import Described
from pyhandles.findings.identify import Identification
from pyhandles.findings.misuses import misuses
from pyhandles.findings.verdicts.owners import Shared
from pyhandles.findings.verdicts.verdict import Verdict
from pyhandles.findings.why import Why
from pyhandles.render.documents import document, failure
from tests.render.answers import count, details, handle, identification, root_list, summary, symbol, threads, why
from tests.shell.recorded import recorded_heap

OBJECT = {"address": "0x7f0000001000", "type": "socket.socket", "text": "socket.socket fd 63"}


def test_a_list_has_rows():
    assert document("io list", []) == {"version": 1, "command": "io list", "rows": []}


def test_a_failure_has_a_message_and_a_hint():
    error = UnknownObject("no descriptor 99 is open", "`io list` shows those that are.")

    assert failure("identify 99", error) == {
        "version": 1,
        "command": "identify 99",
        "error": {"message": "no descriptor 99 is open", "hint": "`io list` shows those that are."},
    }


def test_a_handle():
    assert document("io list", [handle()])["rows"] == [
        {
            "fd": 63,
            "kind": "socket",
            "target": "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED",
            "owners": [{"type": "socket.socket", "address": "0x7f0000001000"}],
            "owner": "socket.socket",
            "address": "0x7f0000001000",
            "holder": "client.Connection.sock",
            "class": None,
            "state": "open",
            "inheritable": False,
            "opened_at": None,
            "role": None,
            "other_end": None,
            "end": None,
            "same_as": [],
            "held_by": [],
        }
    ]


def test_a_handle_without_an_owner():
    [row] = document("io list", [handle(owners=(), holder=None)])["rows"]

    assert (row["owners"], row["owner"], row["address"], row["holder"]) == ([], None, None, None)


def test_an_identification():
    found = document("identify 63", identification())

    assert found["object"] == OBJECT
    assert found["roots"] == []
    assert found["verdict"] == {
        "kind": "garbage",
        "text": "only a cycle keeps it; the collector is disabled",
        "evidence": None,
    }
    assert [[step["label"] for step in loop] for loop in found["cycles"]] == [
        ["attribute .on_closed", "closure variable conns"]
    ]
    [connection] = found["tree"]
    assert connection.keys() >= {"label", "object", "mark", "seen", "referrers"}
    assert (connection["label"], connection["mark"], connection["seen"]) == ("attribute .sock", "*A", None)
    last = connection["referrers"][0]["referrers"][0]["referrers"][0]
    assert (last["label"], last["mark"], last["seen"], last["referrers"]) == (
        "attribute .on_closed", "*A", "circular", [],
    )  # fmt: skip


def test_a_descriptor_that_nothing_owns_has_an_empty_tree_and_a_verdict():
    found = document("identify 5", Identification(handle(5), (), Verdict("native", "no Python object owns it"), {}))

    assert (found["object"], found["tree"], found["roots"], found["cycles"]) == (None, [], [], [])
    assert found["verdict"]["kind"] == "native"


def test_a_second_owner_stands_beside_the_first():
    one = identification()
    found = document("identify 63", replace(one, ancestries=one.ancestries * 2))

    assert found["object"] == OBJECT
    assert [other["object"] for other in found["others"]] == [OBJECT]


def test_an_object_in_detail():
    found = document("show *A", details())

    references = found.pop("references")
    assert references[0] == {"label": "attribute .sock", **OBJECT}
    assert found.pop("attributes") == references
    assert found == {
        "version": 1,
        "command": "show *A",
        "address": "0x7f0000001040",
        "type": "client.Connection",
        "text": "client.Connection",
        "size": 48,
        "refcount": 2,
        "name": None,
        "location": "client.py:12",
        "more": 3,
        "referrer_count": 1,
        "fd": 63,
        "closed": False,
        "peer": "10.0.0.7:5432",
    }


def test_calls():
    found = document("calls", calls(recorded_heap().snapshot(), call="connect"))

    assert found["rows"] == [
        {
            "call": "connect",
            "site": "pool.py:88 in Pool.get",
            "count": 300,
            "errors": {"ECONNREFUSED": 20, "ETIMEDOUT": 1},
            "seconds": 2.0,
            "note": None,
            "children": False,
            "sites": 1,
        }
    ]
    assert found["own"] == {"count": 300, "failed": 21, "seconds": 2.0}


def test_a_biography():
    found = document("fd 7", biography(recorded_heap().snapshot(), 7))

    assert (found["fd"], found["state"], found["opened_at"]) == (7, "open", "pool.py:88 in Pool.get")
    assert found["stack"] == ["pool.py:88 in Pool.get", "app.py:12 in main"]
    assert found["opening"]["time"] == 1699999004.0
    first = found["events"][0]
    assert (first["call"], first["fd"], first["errno"], first["site"]) == ("socket", 7, None, "pool.py:88 in Pool.get")
    assert first["stack"] == ["pool.py:88 in Pool.get", "app.py:12 in main"]
    assert [misuse["kind"] for misuse in found["misuses"]] == ["late use"]
    assert found["handle"]["holder"] == "Connection.sock"


def test_a_misuse():
    row = document("misuse", list(misuses(recorded_heap().snapshot()).rows))["rows"][0]

    assert (row["kind"], row["fd"], row["call"], row["count"]) == ("late use", 7, "send", 12)
    assert (row["site"], row["thread"], row["time"]) == ("reader.py:10 in Reader.run", "MainThread", 1699999004.002)
    assert row["use"]["stack"] == ["socket.py:5 in send", "reader.py:10 in Reader.run"]
    assert row["closed"].keys() == row["opened"].keys() == {"time", "thread", "site", "stack"}
    assert {"text", "advice", "process"} <= row.keys()


def test_a_count():
    assert document("count", [count()])["rows"] == [
        {
            "by": "type",
            "name": "client.Connection",
            "count": 58,
            "size": 2784,
            "share": 0.125,
            "types": 1,
            "address": "0x7f0000001040",
        }
    ]


def test_the_roots():
    assert document("roots", root_list()) == {
        "version": 1,
        "command": "roots",
        "rows": [
            {
                "kind": "module",
                "name": "client",
                "references": 1,
                "nearest": 4821,
                "address": "0x7f0000001100",
                "type": "module",
                "text": "module client",
            }
        ],
        "total": 84,
        "offset": 0,
        "kinds": {"module": 81, "frame": 3},
    }


def test_the_threads():
    frame = {
        "file": "/srv/client.py",
        "line": 41,
        "function": "open",
        "address": "0x7f0000002000",
        "locals": [
            {"name": "sock", **OBJECT, "fd": 63, "target": "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED"},
        ],
    }
    found = document("threads --locals", threads())

    assert found["rows"] == [
        {
            "name": "worker-3",
            "ident": 139_779,
            "native": 77,
            "main": False,
            "capturing": True,
            "frames": [frame],
            "wait": None,
        }
    ]
    assert (found["total"], found["tasks_total"]) == (1, 10_000)
    [task] = found["tasks"]
    assert task.pop("waits_for") == {
        "address": "0x7f0000001080",
        "type": "list",
        "text": "list of 1",
        "where": "StreamReader._waiter",
        "fd": 63,
        "target": "tcp",
        "tasks": [{"address": "0x7f0000002040", "name": "Task-7", "coroutine": "fetch"}],
    }
    assert task == {
        "address": "0x7f0000001040",
        "type": "client.Connection",
        "text": "client.Connection",
        "name": "poller",
        "coroutine": "client.serve",
        "state": "waiting",
        "thread": "worker-3",
        "frames": [frame],
    }


def test_a_symbol():
    [row] = document("symbols client", [symbol()])["rows"]

    assert (row["name"], row["kind"], row["type"], row["defined_in"]) == ("on_closed", "function", "function", "events")
    assert (row["location"], row["address"]) == ("client.py:41", "0x7f00000010c0")


def test_the_summary():
    assert document("summary", summary()) == {
        "version": 1,
        "command": "summary",
        "trigger": "emfile",
        "errno": "EMFILE",
        "time": 1_700_000_000.5,
        "pid": 4242,
        "argv": ["app.py", "--port", "80"],
        "python": "3.12.1",
        "objects": 1200,
        "references": 3400,
        "open": 64,
        "soft_limit": 64,
        "hard_limit": None,
        "limit_met": "soft limit",
        "kinds": {"socket": 58, "file": 3},
        "owners": {"socket.socket": 58},
        "gc": {
            "enabled": False,
            "thresholds": [700, 10, 10],
            "counts": [1, 2, 3],
            "collections": [5, 1, 0],
            "collecting": False,
        },
        "grown": [
            {"type": "client.Connection", "before": 3, "now": 61, "owner": True},
            {"type": "list", "before": 400, "now": 4821, "owner": False},
        ],
        "misuse": None,
        "closed": None,
        "failed_call": None,
    }


def test_a_reason():
    found = document("why 63", why())

    assert found["object"] == OBJECT
    assert found["handle"]["fd"] == 63
    assert (found["verdict"]["kind"], found["path"], found["opened_at"], found["cut"]) == (
        "garbage", ["client.Connection", "attribute .sock"], None, "closure variable conns",
    )  # fmt: skip


def test_a_reason_where_there_is_no_object():
    found = document("why 5", Why(handle(5), None, Verdict("native", "no Python object owns it"), (), None, None))

    assert (found["object"], found["path"]) == (None, [])


def test_the_evidence_of_a_verdict_has_addresses_as_everywhere_else():
    owner = Described(3, 0x7F00, "socket.socket", "socket.socket fd 5")

    found = document(
        "why 5", Why(handle(5), None, Verdict("shared", "2 own it", Shared((owner,), ("Pool.sock",))), (), None, None)
    )

    assert found["verdict"]["evidence"] == {
        "owners": [{"address": "0x7f00", "type": "socket.socket", "text": "socket.socket fd 5"}],
        "holders": ["Pool.sock"],
    }
