from __future__ import annotations

import pytest

from pyhandles.errors import UnknownObject
from pyhandles.findings.names import Named, resolve
from tests.heap import Heap


def test_a_descriptor_number_stands_for_its_owners():
    heap = Heap()
    sock = heap.socket(7)
    heap.tcp(7)
    heap.tcp(8)
    snapshot = heap.snapshot()

    assert resolve(snapshot, "7") == Named((sock,), 7)
    assert resolve(snapshot, "8") == Named((), 8)


def test_an_address_an_index_and_a_mark():
    heap = Heap()
    sock = heap.socket(7)
    snapshot = heap.snapshot()
    address = heap.address(sock)

    assert resolve(snapshot, f"{address:#x}") == resolve(snapshot, f"0X{address:X}") == Named((sock,), None)
    assert resolve(snapshot, f"#{sock}") == Named((sock,), None)
    assert resolve(snapshot, "*A", {"*A": sock}) == resolve(snapshot, "*a", {"*A": sock}) == Named((sock,), None)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("63", "descriptor 63 was not open", "`io list` shows those that were."),
        ("9999999999999", "descriptor 9999999999999 was not open", "`io list`"),
        ("0x12", "no object is at 0x12", "`io list`"),
        ("0x" + "f" * 20, "no object is at 0x" + "f" * 20, "`io list`"),
        ("#99999", "there is no object #99999", "Indices go from #0 to #"),
        ("*B", "no object is marked *B", "The last answer has *A."),
        ("", "'' names no object", "63 is a descriptor"),
        ("pool", "'pool' names no object", "63 is a descriptor"),
        ("-1", "'-1' names no object", "63 is a descriptor"),
        ("٣", "'٣' names no object", "63 is a descriptor"),
    ],
)
def test_a_name_of_nothing_says_what_to_do(name, message, hint):
    with pytest.raises(UnknownObject) as error:
        resolve(Heap().snapshot(), name, {"*A": 0})

    assert error.value.message == message
    assert hint in error.value.hint
    assert error.value.exit_code == 1


def test_an_address_that_is_nearly_right():
    heap = Heap()
    sock = heap.socket(7)

    with pytest.raises(UnknownObject) as error:
        resolve(heap.snapshot(), f"{heap.address(sock) + 16:#x}")

    assert f"{heap.address(sock):#x}" in error.value.hint


def test_marks_without_an_answer():
    with pytest.raises(UnknownObject) as error:
        resolve(Heap().snapshot(), "*A")

    assert error.value.hint == "The last answer has no marks."
