"""A class that bears the name of a type of C's is not taken for it: the name says nothing of its layout."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyhandles.format import LabelKind
from tests.native.plain import Plain

Capture = Callable[[], Plain]


@pytest.mark.parametrize(
    "name",
    ["_socket.socket", "_io.FileIO", "mmap.mmap", "select.epoll", "posix.ScandirIterator"],
)
def test_a_class_named_like_an_owner_owns_nothing(captured: Capture, name: str) -> None:
    slots = [f"slot_{number}" for number in range(20)]
    impostor = type(name, (), {"__slots__": slots})()
    for slot in slots:
        setattr(impostor, slot, object())

    snapshot = captured()

    assert id(impostor) not in {snapshot.addresses[row["object"]] for row in snapshot.rows("owners")}


@pytest.mark.parametrize(
    "name",
    ["collections.deque", "functools._lru_cache_wrapper", "_thread._local", "_asyncio.Task", "hamt_array_node"],
)
def test_a_class_named_like_a_container_shows_its_slots(captured: Capture, name: str) -> None:
    slots = [f"slot_{number:02}" for number in range(20)]
    impostor = type(name, (), {"__slots__": slots})()
    targets = {slot: object() for slot in slots}
    for slot, target in targets.items():
        setattr(impostor, slot, target)

    references = captured().references(id(impostor))

    labelled = {each.value: each.target for each in references if each.kind == LabelKind.SLOT}
    assert labelled == {slot: id(target) for slot, target in targets.items()}
