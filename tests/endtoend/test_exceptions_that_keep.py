"""Sockets that a caught exception keeps, in every way that it can be kept, as `why` tells them."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import pyhandles
from tests.collectors import native_only

PROGRAM = """
import asyncio, concurrent.futures, gc, socket, sys
import pyhandles

FDS = {}

def connect(name):
    sock, _ = socket.socketpair()
    FDS[name] = sock.fileno()
    raise ValueError(name)  # raised

def caught(name):
    try:
        connect(name)
    except ValueError as error:
        return error

class Client:
    def go(self):
        self.error = caught("attribute")

def chain():
    try:
        try:
            connect("context")
        except ValueError:
            raise RuntimeError("outer")
    except RuntimeError as error:
        return error

async def fails():
    connect("task")

async def main():
    task = asyncio.ensure_future(fails())
    await asyncio.wait([task])
    return task

CLIENT = Client()
CLIENT.go()
CHAIN = chain()
GROUP = ExceptionGroup("many", [caught("group")])
TASK = asyncio.run(main())
with concurrent.futures.ThreadPoolExecutor(1) as pool:
    FUTURE = pool.submit(connect, "future")
sys.last_value = caught("last")
TRACEBACK = caught("traceback").__traceback__
gc.collect()
try:
    connect("handled")
except ValueError:
    pyhandles.capture(sys.argv[1])
print(FDS)
TASK.exception()
"""

EXPECTED = {
    "attribute": "Client.error keeps it",
    "context": "the __context__ of RuntimeError: outer",
    "group": "one of ExceptionGroup: many",
    "task": "Task._exception",
    "future": "Future._exception keeps it",
    "last": "global last_value of module sys keeps it",
    "traceback": "global TRACEBACK of __main__ keeps it",
    "handled": "a thread is handling it",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Way of keeping → verdict."""
    directory = tmp_path_factory.mktemp("exceptions")
    program, path = directory / "app.py", directory / "app.pkl"
    program.write_text(PROGRAM)
    ended = subprocess.run([sys.executable, program, path], capture_output=True, text=True, check=True, timeout=60)
    snapshot = pyhandles.load(path)
    return {name: snapshot.why(fd).verdict for name, fd in ast.literal_eval(ended.stdout).items()}


@native_only("the other collector sees no exception that a thread is handling")
@pytest.mark.parametrize("name", EXPECTED)
def test_the_exception_and_who_keeps_it(told, name):
    line = PROGRAM[: PROGRAM.index("# raised")].count("\n") + 1

    assert told[name].kind == "exception"
    assert f"raised in connect() at app.py:{line}" in told[name].text
    assert EXPECTED[name] in told[name].text
    if name != "traceback":
        assert f"in the traceback of ValueError: {name}" in told[name].text
