from __future__ import annotations

import csv
import json

from pyhandles.render.documents import document
from pyhandles.render.formats import csv_lines, json_line
from tests.render.answers import details, handle, why


def test_a_json_document_is_one_line_that_says_what_the_document_says():
    found = document("io list", [handle(target="a\nb\x1b[31m → 日本")])

    line = json_line(found)

    assert "\n" not in line
    assert line.isascii()
    assert "\x1b" not in line
    assert json.loads(line) == found


def test_rows_become_a_table_with_a_line_of_titles():
    lines = csv_lines(document("io list", [handle(), handle(None, "a,b", inheritable=True)]))

    first, second = csv.DictReader(lines.splitlines())
    assert (first["fd"], first["kind"], first["holder"], first["class"]) == (
        "63",
        "socket",
        "client.Connection.sock",
        "",
    )
    assert json.loads(first["owners"]) == [{"type": "socket.socket", "address": "0x7f0000001000"}]
    assert (second["fd"], second["target"], second["inheritable"]) == ("", "a,b", "true")


def test_a_single_thing_becomes_lines_of_field_and_value():
    lines = csv_lines(document("show *A", details()))

    fields = {row["field"]: row["value"] for row in csv.DictReader(lines.splitlines())}
    assert (fields["type"], fields["refcount"], fields["closed"]) == ("client.Connection", "2", "false")
    assert json.loads(fields["references"])[0]["label"] == "attribute .sock"
    assert "version" not in fields


def test_no_escape_reaches_the_terminal_through_csv():
    assert "\x1b" not in csv_lines(document("io list", [handle(target="\x1b[31m")]))
    assert "\x1b" not in csv_lines(document("why 63", why()))
