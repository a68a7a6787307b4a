"""The fields that other programs rely on: a test here that has to change means a new version of the documents."""

from __future__ import annotations

from dataclasses import replace

from pyhandles.errors import UnknownObject
from pyhandles.findings.identify import Identification
from pyhandles.findings.verdict import Verdict
from pyhandles.findings.why import Why
from pyhandles.render.documents import document, failure
from tests.render.answers import details, handle, identification, summary, why

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
        }
    ]


def test_a_handle_without_an_owner():
    [row] = document("io list", [handle(owners=(), holder=None)])["rows"]

    assert (row["owners"], row["owner"], row["address"], row["holder"]) == ([], None, None, None)


def test_an_identification():
    found = document("identify 63", identification())

    assert found["object"] == OBJECT
    assert found["roots"] == []
    assert found["verdict"] == {"kind": "garbage", "text": "only a cycle keeps it; the collector is disabled"}
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
