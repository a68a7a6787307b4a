"""Each way in which one object holds another reads as the programmer wrote it."""

from __future__ import annotations

import asyncio
import collections
import contextvars
import functools
import gc
import queue
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from pyhandles.format import FrameKind, LabelKind
from tests.native.plain import Plain, Reference

Capture = Callable[[], Plain]


class Target:
    """What is held; each test looks for the references to its own."""


class Holder:
    pass


def labels_to(snapshot: Plain, source: object, target: object) -> list[tuple[LabelKind, str | int]]:
    found = snapshot.references(id(source))
    return [(each.kind, each.value) for each in found if each.target == id(target)]


def through(snapshot: Plain, source: object, *, kind: LabelKind, value: str | int) -> int:
    """The address at the other end of the one reference with this label."""
    [reference] = [each for each in snapshot.references(id(source)) if (each.kind, each.value) == (kind, value)]
    return reference.target


def labels_at(snapshot: Plain, address: int, target: object) -> list[tuple[LabelKind, str | int]]:
    return [(each.kind, each.value) for each in snapshot.references(address) if each.target == id(target)]


def test_an_attribute(captured: Capture) -> None:
    holder, target = Holder(), Target()
    holder.sock = target  # type: ignore[attr-defined]

    assert labels_to(captured(), holder, target) == [(LabelKind.ATTRIBUTE, "sock")]


def test_an_attribute_in_a_dict_that_somebody_asked_for(captured: Capture) -> None:
    holder, target = Holder(), Target()
    holder.sock = target  # type: ignore[attr-defined]
    attributes = vars(holder)

    snapshot = captured()

    # The first releases of 3.13 leave the values to the instance; its dict shows them without holding them.
    source = holder if target in gc.get_referents(holder) else attributes
    assert labels_to(snapshot, source, target) == [(LabelKind.ATTRIBUTE, "sock")]


def test_an_attribute_of_an_instance_with_too_many_for_inline_values(captured: Capture) -> None:
    holder, target = Holder(), Target()
    for number in range(100):
        setattr(holder, f"attribute_{number}", number)
    vars(holder)["sock"] = target

    snapshot = captured()

    assert (LabelKind.ATTRIBUTE, "sock") in labels_to(snapshot, holder, target) + labels_to(
        snapshot, vars(holder), target
    )


def test_an_attribute_of_a_subclass_of_int(captured: Capture) -> None:
    class Number(int):
        pass

    holder, target = Number(10**40), Target()
    holder.sock = target  # type: ignore[attr-defined]

    snapshot = captured()

    attributes = through(snapshot, holder, kind=LabelKind.MEMBER, value="__dict__")
    assert labels_at(snapshot, attributes, target) == [(LabelKind.ATTRIBUTE, "sock")]


def test_slots_of_a_class_and_of_its_base(captured: Capture) -> None:
    class Base:
        __slots__ = ("wire",)

    class Derived(Base):
        __slots__ = ("cable",)

    holder, target, other = Derived(), Target(), Target()
    holder.wire, holder.cable = target, other

    snapshot = captured()

    assert labels_to(snapshot, holder, target) == [(LabelKind.SLOT, "wire")]
    assert labels_to(snapshot, holder, other) == [(LabelKind.SLOT, "cable")]


@pytest.mark.parametrize("sequence", [list, tuple, collections.deque])
def test_positions(captured: Capture, sequence: Callable[[list[object]], Any]) -> None:
    first, last = Target(), Target()
    holder = sequence([first, *[None] * 200, last])

    snapshot = captured()

    assert labels_to(snapshot, holder, first) == [(LabelKind.ITEM, 0)]
    assert labels_to(snapshot, holder, last) == [(LabelKind.ITEM, 201)]


def test_a_deque_that_has_been_rotated_and_bounded(captured: Capture) -> None:
    holder = collections.deque([Target() for _ in range(150)], maxlen=150)
    holder.rotate(70)
    holder.append(Target())

    snapshot = captured()

    for position, target in enumerate(holder):
        assert labels_to(snapshot, holder, target) == [(LabelKind.ITEM, position)]


def test_members_of_a_set(captured: Capture) -> None:
    target = Target()
    holder = {target, *range(20)}
    holder.discard(3)

    [(kind, _)] = labels_to(captured(), holder, target)

    assert kind is LabelKind.SET_ITEM


def test_values_under_keys_of_each_kind(captured: Capture) -> None:
    targets = [Target() for _ in range(5)]
    key = (1, 2)
    holder: dict[object, object] = {
        "c1": targets[0],
        7: targets[1],
        -7: targets[2],
        "not a name, so not told": targets[3],
        key: targets[4],
    }

    snapshot = captured()

    assert labels_to(snapshot, holder, targets[0]) == [(LabelKind.VALUE_NAME, "c1")]
    assert labels_to(snapshot, holder, targets[1]) == [(LabelKind.VALUE_INT, 14)]
    assert labels_to(snapshot, holder, targets[2]) == [(LabelKind.VALUE_INT, 13)]
    assert labels_to(snapshot, holder, targets[3])[0][0] is LabelKind.VALUE_HASH
    assert labels_to(snapshot, holder, targets[4]) == [(LabelKind.VALUE_TYPE, "tuple")]
    assert labels_to(snapshot, holder, key) == [(LabelKind.KEY_TYPE, "tuple")]


def test_an_ordered_and_a_default_dict(captured: Capture) -> None:
    target = Target()
    ordered = collections.OrderedDict(first=1, second=target)
    ordered.move_to_end("first")
    default = collections.defaultdict(list, second=target)

    snapshot = captured()

    assert labels_to(snapshot, ordered, target) == [(LabelKind.VALUE_NAME, "second")]
    assert labels_to(snapshot, default, target) == [(LabelKind.VALUE_NAME, "second")]


def test_a_closure(captured: Capture) -> None:
    other, target = Target(), Target()

    def function() -> object:
        return conns, number

    conns, number = target, other

    snapshot = captured()

    closure = through(snapshot, function, kind=LabelKind.MEMBER, value="__closure__")
    named = {each.value: each.target for each in snapshot.references(closure) if each.kind is LabelKind.CLOSURE}
    assert set(named) == {"conns", "number"}
    assert labels_at(snapshot, named["conns"], target) == [(LabelKind.MEMBER, "cell_contents")]
    assert labels_at(snapshot, named["number"], other) == [(LabelKind.MEMBER, "cell_contents")]


def test_a_bound_method_and_a_partial(captured: Capture) -> None:
    class Connection:
        def close(self) -> None:
            pass

    target = Connection()
    method = target.close
    partial = functools.partial(print, target, file=target)

    snapshot = captured()

    assert labels_to(snapshot, method, target) == [(LabelKind.MEMBER, "__self__")]
    assert labels_to(snapshot, method, Connection.close) == [(LabelKind.MEMBER, "__func__")]
    arguments = through(snapshot, partial, kind=LabelKind.MEMBER, value="args")
    assert labels_at(snapshot, arguments, target) == [(LabelKind.ITEM, 0)]
    keywords = through(snapshot, partial, kind=LabelKind.MEMBER, value="keywords")
    assert labels_at(snapshot, keywords, target) == [(LabelKind.VALUE_NAME, "file")]


def test_an_exception(captured: Capture) -> None:
    cause, context, target = ValueError("cause"), KeyError("context"), Target()
    error = RuntimeError(target)
    error.__cause__, error.__context__ = cause, context
    error.connection = target  # type: ignore[attr-defined]
    try:
        raise error
    except RuntimeError as caught:
        caught.__context__ = context

    snapshot = captured()

    assert labels_to(snapshot, error, cause) == [(LabelKind.MEMBER, "__cause__")]
    assert labels_to(snapshot, error, context) == [(LabelKind.MEMBER, "__context__")]
    assert labels_to(snapshot, error, error.__traceback__) == [(LabelKind.MEMBER, "__traceback__")]
    assert labels_to(snapshot, error, error.args) == [(LabelKind.MEMBER, "args")]
    attributes = through(snapshot, error, kind=LabelKind.MEMBER, value="__dict__")
    assert labels_at(snapshot, attributes, target) == [(LabelKind.ATTRIBUTE, "connection")]
    assert snapshot.text(snapshot.row("exceptions", id(cause))["message"]) == "cause"


def test_a_local_variable_of_the_frame_that_captures(captured: Capture) -> None:
    target = Target()

    snapshot = captured()

    assert locals_of(snapshot, "test_a_local_variable_of_the_frame_that_captures", target) == {"target"}


def test_a_local_variable_of_another_thread(captured: Capture) -> None:
    started, finish, address = threading.Event(), threading.Event(), queue.Queue[int]()

    def handle() -> None:
        conn = Target()
        address.put(id(conn))
        started.set()
        finish.wait()

    thread = threading.Thread(target=handle, name="worker-3")
    thread.start()
    started.wait()
    try:
        snapshot = captured()
    finally:
        finish.set()
        thread.join()

    [frame] = [row for row in snapshot.rows("frames") if code_name(snapshot, row) == "handle"]
    target = address.get()
    names = {each.value for each in references_at(snapshot, frame["object"]) if each.target == target}
    threads = snapshot.rows("threads")
    assert names == {"conn"}
    assert frame["line"] == handle.__code__.co_firstlineno + 4
    assert snapshot.text(threads[frame["thread"]]["name"]) == "worker-3"


def references_at(snapshot: Plain, index: int) -> list[Reference]:
    return snapshot.references(snapshot.addresses[index])


def code_name(snapshot: Plain, frame: dict[str, int]) -> str | None:
    [code] = [row for row in snapshot.rows("codes") if row["object"] == frame["code"]]
    return snapshot.text(code["name"])


def locals_of(snapshot: Plain, function: str, target: object) -> set[str | int]:
    frames = [row for row in snapshot.rows("frames") if code_name(snapshot, row) == function]
    references = [each for frame in frames for each in references_at(snapshot, frame["object"])]
    return {each.value for each in references if each.kind is LabelKind.LOCAL and each.target == id(target)}


def test_a_value_on_the_evaluation_stack(captured: Capture) -> None:
    """The list of a running ``for`` loop has no name; its iterator holds it, and the frame's stack holds that."""

    def loop() -> tuple[Plain, int, int]:
        for sequence in (iterator := iter([Target()])):
            del sequence
            address = id(iterator)
            del iterator
            return captured(), address, 0
        raise AssertionError

    snapshot, iterator, _ = loop()

    kinds = {each.kind for row in snapshot.rows("frames") for each in references_at(snapshot, row["object"])
             if each.target == iterator}  # fmt: skip
    assert kinds <= {LabelKind.STACK, LabelKind.STACK_CANDIDATE}
    assert kinds


def test_suspended_generators_and_coroutines(captured: Capture) -> None:
    def generate() -> Any:
        conn = Target()
        yield conn

    async def fetch() -> None:
        conn = Target()
        await suspend(conn)

    @types.coroutine
    def suspend(value: object) -> Any:
        yield value

    generator, coroutine = generate(), fetch()
    in_generator, in_coroutine = next(generator), coroutine.send(None)

    snapshot = captured()

    assert (LabelKind.LOCAL, "conn") in labels_to(snapshot, generator, in_generator)
    assert (LabelKind.LOCAL, "conn") in labels_to(snapshot, coroutine, in_coroutine)
    row = snapshot.row("frames", id(generator))
    assert row["line"] == generate.__code__.co_firstlineno + 2
    coroutine.close()


def test_a_suspended_asynchronous_generator(captured: Capture) -> None:
    async def generate() -> Any:
        conn = Target()
        yield conn

    async def main() -> None:
        generator = generate()
        target = await anext(generator)
        snapshot = captured()
        assert (LabelKind.LOCAL, "conn") in labels_to(snapshot, generator, target)
        await generator.aclose()

    asyncio.run(main())


def test_tasks_and_futures_of_asyncio(captured: Capture) -> None:
    async def main() -> None:
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        result = Target()
        done.set_result(result)

        async def wait() -> None:
            await future

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        snapshot = captured()
        loop = asyncio.get_running_loop()
        assert labels_to(snapshot, task, task.get_coro()) == [(LabelKind.MEMBER, "_coro")]
        assert labels_to(snapshot, task, future) == [(LabelKind.MEMBER, "_fut_waiter")]
        assert labels_to(snapshot, task, loop) == [(LabelKind.MEMBER, "_loop")]
        assert labels_to(snapshot, done, result) == [(LabelKind.MEMBER, "_result")]
        future.set_result(None)
        await task

    asyncio.run(main())


def test_a_cached_result_of_lru_cache(captured: Capture) -> None:
    @functools.lru_cache
    def connect(host: str) -> Target:  # noqa: ARG001
        return Target()

    results = [connect(host) for host in ("one", "two")]

    snapshot = captured()

    for result in results:
        assert labels_to(snapshot, connect, result) == [(LabelKind.MEMBER, "cached result")]


def test_a_context_variable(captured: Capture) -> None:
    variables = [contextvars.ContextVar[object](f"variable_{number}") for number in range(60)]
    context = contextvars.copy_context()
    targets = [Target() for _ in variables]
    for variable, target in zip(variables, targets, strict=True):
        context.run(variable.set, target)

    snapshot = captured()

    for number, target in enumerate(targets):
        named = {each.value for address in snapshot.addresses for each in snapshot.references(address)
                 if each.target == id(target) and each.kind is LabelKind.CONTEXT}  # fmt: skip
        assert named == {f"variable_{number}"}
        if number == 2:
            break
    assert every_context_label(snapshot) >= {f"variable_{number}" for number in range(60)}


def every_context_label(snapshot: Plain) -> set[str | int]:
    references = (each for address in snapshot.addresses for each in snapshot.references(address))
    return {each.value for each in references if each.kind is LabelKind.CONTEXT}


def test_an_attribute_of_a_thread_local(captured: Capture) -> None:
    local, target = threading.local(), Target()
    local.sock = target

    snapshot = captured()

    attributes = [each for each in snapshot.references(id(local)) if each.value == "__dict__"]
    assert [labels_at(snapshot, each.target, target) for each in attributes] == [[(LabelKind.ATTRIBUTE, "sock")]]


def test_a_global_of_a_module_and_an_attribute_of_a_class(captured: Capture) -> None:
    module, target = types.ModuleType("app"), Target()
    module.POOL = target  # type: ignore[attr-defined]

    class Registry:
        shared = target

    snapshot = captured()

    assert labels_to(snapshot, vars(module), target) == [(LabelKind.GLOBAL, "POOL")]
    assert labels_to(snapshot, module, vars(module)) == [(LabelKind.MEMBER, "__dict__")]
    attributes = through(snapshot, Registry, kind=LabelKind.MEMBER, value="__dict__")
    assert labels_at(snapshot, attributes, target) == [(LabelKind.ATTRIBUTE, "shared")]
    assert labels_to(snapshot, Registry, object) == [(LabelKind.BASE, 0)]


def test_a_weak_reference_is_listed_and_not_counted(captured: Capture) -> None:
    target = Target()
    reference = weakref.ref(target)
    lookup: weakref.WeakValueDictionary[str, Target] = weakref.WeakValueDictionary(one=target)

    snapshot = captured()

    [weak] = [each for each in snapshot.references(id(reference)) if each.target == id(target)]
    assert (weak.kind, weak.counted) == (LabelKind.WEAK, False)
    everything = (each for address in snapshot.addresses for each in snapshot.references(address))
    assert all(not each.counted for each in everything if each.target == id(target) and each.kind is LabelKind.WEAK)
    del lookup


def test_a_finished_frame_that_a_traceback_keeps(captured: Capture) -> None:
    addresses = []

    def load() -> None:
        conn = Target()
        addresses.append(id(conn))
        raise ValueError

    try:
        load()
    except ValueError as error:
        frame = error.__traceback__.tb_next.tb_frame  # type: ignore[union-attr]
        line = error.__traceback__.tb_next.tb_lineno  # type: ignore[union-attr]

    snapshot = captured()

    row = snapshot.row("frames", id(frame))
    named = {each.value for each in snapshot.references(id(frame)) if each.target in addresses}
    assert (FrameKind(row["kind"]), row["line"], named) == (FrameKind.FINISHED, line, {"conn"})


def test_a_text_file_and_what_it_stands_on(captured: Capture) -> None:
    with open(__file__) as file:
        snapshot = captured()
        assert labels_to(snapshot, file, file.buffer) == [(LabelKind.MEMBER, "buffer")]
        assert labels_to(snapshot, file.buffer, file.buffer.raw) == [(LabelKind.MEMBER, "raw")]  # type: ignore[attr-defined]
        # The wrapper keeps the raw file too, beside the buffer.
        assert labels_to(snapshot, file, file.buffer.raw) == [(LabelKind.MEMBER, "raw")]  # type: ignore[attr-defined]
