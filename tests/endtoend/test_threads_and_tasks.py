"""Real threads and real tasks, as the shell tells them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.collectors import PORTABLE, native_only
from tests.endtoend.service import ask, service

PROGRAM = """
import asyncio, contextlib, socket, threading
import pyhandles

async def deep(future):
    await future  # deep

async def middle(future):
    await deep(future)  # middle

async def rows(future):
    yield 1
    await future  # rows

async def consumes(future):
    async for row in rows(future):  # consumes
        pass

class Awaitable:
    def __init__(self, future):
        self.future = future
    def __await__(self):
        return (yield from self.future.__await__())  # custom

async def custom(future):
    await Awaitable(future)  # awaits custom

async def gathers(future):
    await asyncio.gather(middle(future), deep(future))

async def waits_for(future):
    await asyncio.wait_for(middle(future), 100)

async def with_timeout(future):
    async with asyncio.timeout(100):
        await deep(future)  # timeout

async def groups(future):
    async with asyncio.TaskGroup() as group:
        group.create_task(middle(future))
        group.create_task(deep(future))

async def sleeps():
    await asyncio.sleep(100)

async def locks(lock):
    async with lock:
        pass

async def receives(sock):
    await asyncio.get_running_loop().sock_recv(sock, 10)

async def reads(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()

async def awaits_task(task):
    await task

async def quick():
    pass

async def accepts(reader, writer):
    await asyncio.sleep(100)
    writer.close()

async def main():
    loop = asyncio.get_running_loop()
    future, lock = loop.create_future(), asyncio.Lock()
    await lock.acquire()
    near, far = socket.socketpair()
    near.setblocking(False)
    server = await asyncio.start_server(accepts, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    tasks = [asyncio.create_task(each) for each in (
        middle(future), consumes(future), custom(future), gathers(future), waits_for(future), with_timeout(future),
        groups(future), sleeps(), locks(lock), receives(near), reads(port), quick())]
    tasks.append(asyncio.create_task(awaits_task(tasks[0])))
    if hasattr(asyncio, "eager_task_factory"):
        loop.set_task_factory(asyncio.eager_task_factory)
        tasks.append(asyncio.create_task(middle(future)))
        loop.set_task_factory(None)
    tasks.append(asyncio.create_task(sleeps(), name="poller of /srv"))
    await asyncio.sleep(0.1)
    tasks.append(asyncio.create_task(quick()))
    pyhandles.capture()  # capture
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()

def works(sock, ready, done):
    ready.set()
    done.wait()  # works

pyhandles.install("it.pkl", on=(), quiet=True)
ready, done = threading.Event(), threading.Event()
worker = threading.Thread(target=works, args=(socket.socket(), ready, done), name="worker-3", daemon=True)
worker.start()
ready.wait()
with contextlib.suppress(asyncio.CancelledError):
    asyncio.run(main())
done.set()
"""


def line_of(comment: str) -> int:
    [line] = [number for number, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith(f"# {comment}")]
    return line


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict]:
    outcome = service(tmp_path_factory.mktemp("threads"), PROGRAM)
    assert outcome.status == 0, outcome
    path: Path = outcome.snapshot()
    threads, tasks = ask(path, "threads --locals", "tasks")
    return threads, tasks


@pytest.fixture
def threads(answers: tuple[dict, dict]) -> dict[str, dict]:
    return {row["name"]: row for row in answers[0]["rows"]}


@pytest.fixture
def tasks(answers: tuple[dict, dict]) -> dict[str, dict]:
    return {row["coroutine"]: row for row in answers[1]["rows"]}


def chain(task: dict) -> list[tuple[str, int]]:
    """The program's own frames of a task."""
    return [(frame["function"], frame["line"]) for frame in task["frames"] if frame["file"].endswith("app.py")]


def test_every_thread_has_its_stack_the_most_recent_call_last(threads: dict[str, dict]):
    assert threads.keys() == {"MainThread", "worker-3"}
    main = [(frame["function"], frame["line"]) for frame in threads["MainThread"]["frames"]]
    assert main[0][0] == "<module>"
    assert ("main", line_of("capture")) in main
    functions = [frame["function"] for frame in threads["worker-3"]["frames"]]
    assert functions.index("run") < functions.index("works") < functions.index("wait")


def test_the_thread_that_made_the_capture_is_said(threads: dict[str, dict]):
    assert (threads["MainThread"]["main"], threads["MainThread"]["capturing"]) == (True, True)
    assert (threads["worker-3"]["main"], threads["worker-3"]["capturing"]) == (False, False)


def test_locals_have_their_descriptors(threads: dict[str, dict]):
    [frame] = [frame for frame in threads["worker-3"]["frames"] if frame["function"] == "works"]
    variables = {variable["name"]: variable for variable in frame["locals"]}

    assert frame["line"] == line_of("works")
    assert variables.keys() == {"sock", "ready", "done"}
    assert variables["sock"]["type"] == "socket.socket"
    assert variables["sock"]["fd"] is not None
    assert variables["done"]["fd"] is None


def test_each_task_has_a_state(tasks: dict[str, dict], answers: tuple[dict, dict]):
    assert tasks["main"]["state"] == "running"
    assert tasks["quick"]["state"] == "ready"  # the one that has not run; the other one is done
    others = [row for row in answers[1]["rows"] if row["coroutine"] not in {"main", "quick"}]
    assert {row["state"] for row in others} == {"waiting"}
    assert answers[1]["total"] == len(others) + 2


def test_coroutines_that_await_each_other_are_a_chain(tasks: dict[str, dict]):
    assert chain(tasks["middle"]) == [("middle", line_of("middle")), ("deep", line_of("deep"))]
    assert chain(tasks["custom"]) == [("custom", line_of("awaits custom")), ("__await__", line_of("custom"))]
    assert chain(tasks["with_timeout"]) == [("with_timeout", line_of("timeout")), ("deep", line_of("deep"))]


@native_only("it does not see into a suspended asynchronous generator")
def test_asynchronous_generators_are_in_the_chain(tasks: dict[str, dict]):
    assert chain(tasks["consumes"]) == [("consumes", line_of("consumes")), ("rows", line_of("rows"))]


def test_tasks_have_their_names(answers: tuple[dict, dict]):
    names = {row["name"]: row["coroutine"] for row in answers[1]["rows"]}

    assert names["poller of /srv"] == "sleeps"
    assert names["Task-1"] == "main"
    assert None not in names
    [awaits] = [row for row in answers[1]["rows"] if row["coroutine"] == "awaits_task"]
    [awaited] = awaits["waits_for"]["tasks"]
    assert names[awaited["name"]] == "middle"


def test_wait_for_is_in_the_chain(tasks: dict[str, dict]):
    functions = [frame["function"] for frame in tasks["waits_for"]["frames"]]

    # Up to 3.11 it makes a task of what it awaits.
    assert functions == ["waits_for", "wait_for", "middle", "deep"][: 2 if sys.version_info < (3, 12) else 4]


def test_a_task_tells_which_tasks_it_waits_for(tasks: dict[str, dict]):
    expected = {"groups": ["deep", "middle"], "awaits_task": ["middle"]}
    if not PORTABLE:
        expected["gathers"] = ["deep", "middle"]
    for name, coroutines in expected.items():
        assert sorted(task["coroutine"] for task in tasks[name]["waits_for"]["tasks"]) == coroutines, name


def test_a_task_tells_where_its_future_lies(tasks: dict[str, dict]):
    assert tasks["sleeps"]["waits_for"]["where"] == "TimerHandle._args[0]"
    assert tasks["locks"]["waits_for"]["where"] == "Lock._waiters[0]"


def test_a_task_tells_the_descriptor_that_it_waits_for(tasks: dict[str, dict]):
    received, read = tasks["receives"]["waits_for"], tasks["reads"]["waits_for"]

    assert received["target"] == "unix -"
    assert read["where"].endswith("StreamReader._waiter")
    assert read["target"].startswith("tcp 127.0.0.1:")


def test_a_task_is_in_the_thread_of_its_loop(answers: tuple[dict, dict]):
    assert {row["thread"] for row in answers[1]["rows"]} == {"MainThread"}
