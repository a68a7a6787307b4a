"""Which names of tasks are in a snapshot."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.endtoend.service import ask, service

PROGRAM = """
import asyncio, sys
import pyhandles

class Derived(asyncio.Task):
    def get_name(self):
        raise RuntimeError("code of the program ran")

class Task(asyncio.Future):  # of the same name, and none
    pass

Task.__module__ = "_asyncio"

async def sleeps():
    await asyncio.sleep(100)

async def main():
    loop = asyncio.get_running_loop()
    other = Task()
    tasks = [asyncio.create_task(sleeps(), name="name-of-the-program"), loop.create_task(sleeps())]
    derived = Derived(sleeps(), loop=loop, name="name-of-a-derived-one")
    long = asyncio.create_task(sleeps(), name="long" * 1000)
    await asyncio.sleep(0)
    pyhandles.capture()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()

pyhandles.install("it.pkl", on=(), quiet=True, redact="redact" in sys.argv)
asyncio.run(main())
"""


def names(directory: Path, *arguments: str) -> set[str | None]:
    outcome = service(directory, PROGRAM, *arguments)
    assert outcome.status == 0, outcome
    [found] = ask(outcome.snapshot(), "tasks")
    return {row["name"] for row in found["rows"]}


def test_names_are_told_as_the_program_or_asyncio_gave_them(tmp_path: Path):
    told = names(tmp_path)

    assert told >= {"Task-1", "name-of-the-program", "name-of-a-derived-one"}
    assert len(told) == 5
    assert max(map(len, told)) == 1000


def test_redacted_no_name_of_the_program_is_told(tmp_path: Path):
    told = names(tmp_path, "redact")

    assert None in told
    assert all(name is None or name.startswith("Task-") for name in told)
    assert b"name-of-the-program" not in (tmp_path / "it.pkl").read_bytes()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from 3.12 on a name is a number until it is asked for")
def test_redacted_up_to_311_no_name_is_told_at_all(tmp_path: Path):
    assert names(tmp_path, "redact") == {None}
