from __future__ import annotations

from pyhandles.render.documents import document
from pyhandles.shell.mentions import mentions
from tests.render.answers import details, handle, identification


def test_the_descriptor_comes_first_and_marks_before_the_objects_they_mark():
    found = mentions(document("identify 63", identification()))

    assert [*found] == [
        "63", "0x7f0000001000", "*A", "0x7f0000001040", "0x7f0000001080", "0x7f00000010c0",
    ]  # fmt: skip
    assert found["*A"] == found["0x7f0000001040"] == "client.Connection"
    assert found["0x7f00000010c0"] == "function client.open.<locals>.on_closed (client.py:41)"


def test_rows_are_mentioned_in_their_order():
    found = mentions(document("io list", [handle(4, owners=()), handle(63), handle(None, owners=())]))

    assert [*found] == ["4", "63", "0x7f0000001000"]
    assert found["4"] == "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED"


def test_references_are_mentioned():
    assert mentions(document("show *A", details()))["0x7f00000010c0"].startswith("function client.open")


def test_what_a_name_stands_for_is_fit_for_the_terminal():
    assert mentions(document("io list", [handle(3, "\x1b[2J", owners=())])) == {"3": "\\x1b[2J"}
