"""What the variables of the calling frame hold of a descriptor, and which frame that is."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from io import FileIO

import pytest

from pyhandles.dump._native import holding
from tests.recorder.here import DEPTH, know

know(DEPTH)


@pytest.fixture
def fd() -> Iterator[int]:
    number = os.open(os.devnull, os.O_RDWR)
    yield number
    os.close(number)


def of(_: object, fd: object) -> str:
    """In a frame whose variables are these alone."""
    return holding(int(str(fd)))[0]


def test_a_number(fd: int) -> None:
    assert of(fd, str(fd)) == "number"
    assert of(fd + 1, str(fd)) == "nothing"
    assert of(1 << 200, str(fd)) == "nothing"
    assert of(str(fd), str(fd)) == "nothing"


def test_a_truth_is_no_number() -> None:
    assert of(True, "1") == "nothing"
    assert of(int("1"), "1") == "number"


class Tagged(socket.socket):
    pass


class Named(FileIO):
    pass


Impostor = type("_socket.socket", (), {"fd": 1})


def test_an_owner(fd: int) -> None:
    with socket.socket() as plain, Tagged() as tagged:
        assert of(plain, str(plain.fileno())) == "owner"
        assert of(tagged, str(tagged.fileno())) == "owner"
        assert of(tagged, str(plain.fileno())) == "nothing"
    with FileIO(fd, closefd=False) as file, Named(fd, closefd=False) as named:
        assert of(file, str(fd)) == "owner"
        assert of(named, str(fd)) == "owner"
        assert of(file, str(fd + 1)) == "nothing"
    assert of(file, str(fd)) == "nothing"
    assert of(Impostor(), "1") == "nothing"


def test_a_variable_that_inner_functions_share_is_not_looked_at(fd: int) -> None:
    def outer(shared: int, number: str) -> tuple[str, Callable[[], int]]:
        return holding(int(number))[0], lambda: shared

    assert outer(fd, str(fd))[0] == "nothing"


def test_a_generator(fd: int) -> None:
    def numbers(kept: int, number: str) -> Iterator[str]:
        yield holding(int(number))[0]
        del kept
        yield holding(int(number))[0]

    assert list(numbers(fd, str(fd))) == ["number", "nothing"]


def test_which_frame_and_which_instruction() -> None:
    def many() -> Iterator[tuple[int, int, int]]:
        for _ in range(2):
            yield holding(-1)[1:]
        yield holding(-1)[1:]

    (frame, code, offset), again, (*same, later) = many()

    assert again == (frame, code, offset)
    assert (frame, code) == tuple(same)
    assert later > offset
    assert code == id(many.__code__)
