"""The Python stack of the calling thread, as the recorder reads it without the GIL."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from pyhandles.dump import _native
from pyhandles.format import SiteFlag
from tests.recorder.here import DEPTH, PACKAGES, STANDARD, frames, where


def look() -> tuple[Any, Any]:
    return where(), frames()


def assert_same(looked: tuple[Any, Any]) -> None:
    seen, expected = looked
    assert [each[:3] for each in seen[0]] == expected


def test_a_function() -> None:
    assert_same(look())


def test_a_generator() -> None:
    def numbers() -> Iterator[tuple[Any, Any]]:
        yield where(), frames()
        yield look()

    for looked in numbers():
        assert_same(looked)


def test_coroutines() -> None:
    async def inner() -> tuple[Any, Any]:
        await asyncio.sleep(0)
        return where(), frames()

    async def outer() -> tuple[Any, Any]:
        return (await asyncio.gather(inner(), inner()))[1]

    assert_same(asyncio.run(outer()))


def test_a_lambda_called_from_c() -> None:
    looked: list[tuple[Any, Any]] = []
    sorted([1], key=lambda _: looked.append((where(), frames())))
    list(map(lambda _: looked.append(look()), [1]))  # noqa: C417
    for each in looked:
        assert_same(each)


def test_a_method_of_a_nested_class_and_a_decorated_function() -> None:
    class Outer:
        class Inner:
            def method(self) -> tuple[Any, Any]:
                return where(), frames()

    @functools.lru_cache
    @functools.wraps(look)
    def decorated() -> tuple[Any, Any]:
        return look()

    assert_same(Outer.Inner().method())
    assert_same(decorated())


def test_calls_on_several_lines_and_in_an_except_block() -> None:
    for looked in [
        look(),
        (
            where(),
            frames(),
        ),
    ][:1]:
        assert_same(looked)
    try:
        raise OSError  # noqa: TRY301
    except OSError:
        assert_same(look())
    with open(os.devnull) as _:
        assert_same(look())


def test_each_line_of_a_long_function_under_a_tracer() -> None:
    lines = ["def many(looked):"]
    for number in range(3000):
        lines.append(
            f"    a{number % 300} = looked.append((where(), frames()))" if number % 100 == 0 else f"    b = {number}"
        )
        lines.extend([""] * (number % 7))
    space: dict[str, Any] = {"where": where, "frames": frames}
    exec(compile("\n".join(lines), "many.py", "exec"), space)
    looked: list[tuple[Any, Any]] = []
    space["many"](looked)
    for each in looked:
        assert_same(each)
    assert len({each[0][0][0][2] for each in looked}) == 30


def test_no_more_frames_than_asked_for() -> None:
    def sink(depth: int) -> tuple[Any, Any]:
        return sink(depth - 1) if depth else look()

    looked = sink(50)

    assert_same(looked)
    assert len(looked[0][0]) == DEPTH


def test_each_thread_has_its_own_stack_and_number() -> None:
    def body() -> tuple[Any, Any, int]:
        return where(), frames(), threading.get_native_id()

    with ThreadPoolExecutor(1) as pool:
        *looked, number = pool.submit(body).result()

    assert_same((looked[0], looked[1]))
    assert looked[0][2] == number
    assert where()[2] == threading.get_native_id()


def test_one_stack_is_kept_once() -> None:
    def again() -> tuple[int | None, int, int]:
        return where()[3:]

    seen = {again() for _ in range(1000)}

    assert len(seen) == 1


def test_code_that_lies_where_other_code_lay_is_not_taken_for_it() -> None:
    addresses: set[int] = set()
    for number in range(2000):
        # As long each time, so that all of it comes to lie where the former lay.
        name = f"f{number:04}"
        source = "\n" * (number % 5) + f"def {name}(): return where(), frames()\nlooked = {name}()"
        looked, code = run(source, f"made{number:04}.py")
        assert_same(looked)
        assert looked[0][0][0][:2] == (f"made{number:04}.py", name)
        addresses.add(code)
        del looked
    assert len(addresses) < 1000, "no code object came to lie where another one had: this shows nothing"


def run(source: str, file: str) -> tuple[Any, int]:
    code: CodeType = compile(source, file, "exec")
    space: dict[str, Any] = {"where": where, "frames": frames}
    exec(code, space)
    return space["looked"], id(code)


def test_the_site_to_tell_of_is_the_innermost_outside_the_standard_library() -> None:
    seen = threading.Condition().wait_for(where)  # type: ignore[arg-type]

    assert seen[0][0][:2] == (threading.__file__, "Condition.wait_for")
    assert SiteFlag(seen[0][0][3]) == SiteFlag.STANDARD
    assert seen[1] == seen[0][1]
    assert seen[1][:2] == (__file__, test_the_site_to_tell_of_is_the_innermost_outside_the_standard_library.__name__)
    assert seen[1][3] == 0


@pytest.mark.parametrize(
    ("file", "standard"),
    [
        ("<frozen made>", True),
        (f"{STANDARD}/made.py", True),
        (f"{STANDARD}made.py", False),
        (f"{Path(_native.__file__).parent}/made.py", True),
        *((f"{each}/made.py", False) for each in PACKAGES),
        ("<string>", False),
        ("", False),
        (os.fsdecode(b"\xff.py"), False),
        ("\N{SNAKE}" * 400, False),
    ],
)
def test_what_counts_as_the_standard_library(file: str, standard: bool) -> None:
    seen = run("looked = where()", file)[0]

    assert seen[0][0][:2] == (file[:256] or None, "<module>")
    assert bool(seen[0][0][3] & SiteFlag.STANDARD) is standard
