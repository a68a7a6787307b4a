from __future__ import annotations

import pytest

from pyhandles.format import LabelKind
from pyhandles.snapshot.labels import pack_label
from tests.heap import Heap


@pytest.mark.parametrize(
    ("short", "text", "suffix"),
    [
        (".sock", "attribute .sock", ".sock"),
        ("slot wire", "slot .wire", ".wire"),
        ("[3]", "item [3]", "[3]"),
        ("['c1']", "value ['c1']", "['c1']"),
        ("key c1", "key 'c1'", "{key 'c1'}"),
        ("closure conns", "closure variable conns", "{closure variable conns}"),
        ("local conn", "local variable conn", "{local variable conn}"),
        ("global POOL", "global POOL", "{global POOL}"),
        ("member raw", "member raw", ".raw"),
        ("type", "type", "{type}"),
        ("base", "base", "{base}"),
        ("stack 2", "evaluation stack", "{evaluation stack}"),
        ("candidate 2", "evaluation stack", "{evaluation stack}"),
        ("reference 1", "reference 2", "{reference 2}"),
        ("weak", "weak reference", "{weak reference}"),
        ("context request", "context variable request", "{context variable request}"),
        ("set 3", "set item 3", "{…}"),
        ("hash 255", "value [#00000ff]", "[#00000ff]"),
    ],
)
def test_labels_read(short, text, suffix):
    heap = Heap()
    source, target = heap.object("app.A"), heap.object("app.B")
    heap.refer(source, short, target)
    snapshot = heap.snapshot()

    label = snapshot.label(snapshot.rows_of(source)[-1])

    assert (label.text, label.suffix) == (text, suffix)


@pytest.mark.parametrize(("number", "zigzag"), [(0, 0), (-1, 1), (1, 2), (-2, 3), (1000, 2000)])
def test_integer_keys_read_as_they_were(number, zigzag):
    heap = Heap()
    mapping, value = heap.dict(), heap.object("app.A")
    heap.refer(mapping, "[0]", value)
    heap._objects[mapping].references[-1] = (value, pack_label(LabelKind.VALUE_INT, zigzag))
    snapshot = heap.snapshot()

    assert snapshot.label(snapshot.rows_of(mapping)[-1]).text == f"value [{number}]"


def test_every_kind_of_label_has_a_text():
    heap = Heap()
    source = heap.object("app.A")
    for kind in LabelKind:
        heap._objects[source].references.append((source, pack_label(kind, heap.text("x"))))
    snapshot = heap.snapshot()

    assert all(snapshot.label(row).text for row in snapshot.rows_of(source))
