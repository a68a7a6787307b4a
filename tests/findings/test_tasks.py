from __future__ import annotations

from pyhandles.findings.tasks import Task, tasks
from pyhandles.format import FrameKind
from tests.heap import Heap


def coroutine(heap: Heap, name: str, awaits: int | None = None, line: int = 1, **variables: int) -> int:
    made = heap.generator(name, kind=FrameKind.COROUTINE, line=line, **variables)
    if awaits is not None:
        heap.refer(made, "stack 0", awaits)
    return made


def task(heap: Heap, coro: int, waiter: int | None = None, *, type_name: str = "_asyncio.Task") -> int:
    made = heap.object(type_name)
    heap.refer(made, "member _coro", coro)
    if waiter is not None:
        heap.refer(made, "member _fut_waiter", waiter)
    return made


def iterator(heap: Heap, future: int, type_name: str = "_asyncio.FutureIter") -> int:
    made = heap.object(type_name)
    heap.refer(made, "reference", future)
    return made


def only(heap: Heap) -> Task:
    [found] = tasks(heap.snapshot()).rows
    return found


def lines(task: Task) -> list[tuple[str, int]]:
    return [(frame.function, frame.line) for frame in task.chain]


def test_the_innermost_await_comes_last():
    heap = Heap()
    future = heap.object("_asyncio.Future")
    inner = coroutine(heap, "read", iterator(heap, future), 30)
    task(heap, coroutine(heap, "serve", coroutine(heap, "handle", inner, 20), 10), future)
    found = only(heap)

    assert lines(found) == [("serve", 10), ("handle", 20), ("read", 30)]
    assert (found.coroutine, found.state) == ("serve", "waiting")
    assert (found.wait.object.index, found.wait.where, found.wait.tasks) == (future, None, ())


def test_the_chain_goes_through_what_stands_between():
    heap = Heap()
    future = heap.object("_asyncio.Future")
    generator = heap.generator("rows", line=5, kind=FrameKind.ASYNC_GENERATOR)
    heap.refer(generator, "stack 1", iterator(heap, future))
    asend = iterator(heap, generator, "async_generator_asend")
    wrapped = iterator(heap, coroutine(heap, "read", asend, 3), "coroutine_wrapper")
    task(heap, coroutine(heap, "serve", wrapped, 2), future)

    assert lines(only(heap)) == [("serve", 2), ("read", 3), ("rows", 5)]


def test_what_lies_on_top_of_the_evaluation_stack_is_awaited():
    heap = Heap()
    future = heap.object("_asyncio.Future")
    serve = coroutine(heap, "serve")
    heap.refer(serve, "stack 0", coroutine(heap, "not_awaited"))
    heap.refer(serve, "stack 2", coroutine(heap, "awaited", iterator(heap, future)))
    heap.refer(serve, "stack 1", coroutine(heap, "not_awaited"))
    task(heap, serve, future)

    assert [frame.function for frame in only(heap).chain] == ["serve", "awaited"]


def test_a_loop_of_coroutines_in_an_altered_file_ends():
    heap = Heap()
    serve = coroutine(heap, "serve")
    heap.refer(serve, "stack 0", coroutine(heap, "handle", serve))
    task(heap, serve)

    assert [frame.function for frame in only(heap).chain] == ["serve", "handle"]


def test_who_has_the_future_says_what_will_wake_the_task_up():
    heap = Heap()
    heap.tcp(9)
    future = heap.object("_asyncio.Future")
    reader = heap.instance("asyncio.streams.StreamReader")
    transport = heap.instance("asyncio.selector_events._SelectorTransport")
    heap.refer(reader, "._waiter", future)
    heap.refer(reader, "._transport", transport)
    heap.refer(transport, "._sock", heap.socket(9))
    heap.module("app", reader=reader)
    task(heap, coroutine(heap, "serve", iterator(heap, future), fut=future), future)
    wait = only(heap).wait

    assert wait.where == "StreamReader._waiter"
    assert (wait.fd, wait.target) == (9, "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED")


def test_the_place_goes_through_containers():
    heap = Heap()
    future = heap.object("_asyncio.Future")
    lock = heap.instance("app.Lock")
    heap.refer(lock, "._waiters", heap.list(heap.dict(), future, type_name="collections.deque"))
    task(heap, coroutine(heap, "serve", iterator(heap, future)), future)

    assert only(heap).wait.where == "Lock._waiters[1]"


def test_a_task_may_wait_for_tasks():
    heap = Heap()
    slow = task(heap, coroutine(heap, "slow"))
    both = heap.object("asyncio.tasks._GatheringFuture")
    heap.refer(both, "._children", heap.list(slow, slow))
    task(heap, coroutine(heap, "one", iterator(heap, slow)), slow)
    task(heap, coroutine(heap, "all", iterator(heap, both)), both)
    found = {each.coroutine: each for each in tasks(heap.snapshot()).rows}

    assert [name.coroutine for name in found["one"].wait.tasks] == ["slow"]
    assert [name.address for name in found["all"].wait.tasks] == [heap.address(slow)] * 2


def test_a_task_without_a_future_is_ready_to_run():
    heap = Heap()
    task(heap, coroutine(heap, "serve"))

    assert (only(heap).state, only(heap).wait) == ("ready", None)


def test_a_task_whose_coroutine_has_its_function_but_no_suspended_frame_runs():
    heap = Heap()
    running, done = heap.object("coroutine"), heap.object("coroutine")
    heap.refer(running, "member f_function", heap.function("app.serve"))
    task(heap, coroutine(heap, "later"))
    task(heap, running)
    task(heap, done)

    assert [(each.coroutine, each.state) for each in tasks(heap.snapshot()).rows] == [
        ("serve", "running"),
        ("later", "ready"),
    ]


def test_tasks_written_in_python_and_derived_ones_are_tasks():
    heap = Heap()
    plain = heap.object("asyncio.tasks.Task")
    namespace = heap.object("dict")
    heap.refer(plain, "member __dict__", namespace)
    heap.refer(namespace, "._coro", coroutine(heap, "plain"))
    derived = heap.type("app.Task")
    base = heap.type("_asyncio.Task")
    heap._rows["types"] = [(*row[:3], base if row[0] == derived else row[3], row[4]) for row in heap._rows["types"]]
    task(heap, coroutine(heap, "derived"), type_name="app.Task")

    assert {each.coroutine for each in tasks(heap.snapshot()).rows} == {"plain", "derived"}


def test_a_task_is_in_the_thread_that_runs_its_loop():
    heap = Heap()
    loop = heap.instance("asyncio.unix_events._UnixSelectorEventLoop")
    heap.refer(heap.frame("run_forever", thread="io-thread"), "local self", loop, uncounted=True)
    heap.refer(task(heap, coroutine(heap, "serve")), "member _loop", loop)

    assert only(heap).thread == "io-thread"
