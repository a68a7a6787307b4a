from __future__ import annotations

from pathlib import Path

from pyhandles.findings.cycles import Cycle, cycles
from pyhandles.snapshot import Snapshot
from tests.endtoend.service import python
from tests.heap import Heap


def connection(heap: Heap, fd: int) -> int:
    one = heap.instance("app.Connection")
    heap.refer(one, ".sock", heap.socket(fd))
    heap.tcp(fd)
    return one


def closed_over(heap: Heap, fd: int) -> int:
    one = connection(heap, fd)
    heap.refer(one, ".on_closed", heap.function("app.on_closed", line=9, closure={"conns": heap.list(one)}))
    return one


def found(heap: Heap, *objects: int) -> list[Cycle]:
    return list(cycles(heap.snapshot(), objects or None).rows)


def test_a_garbage_cycle_with_the_descriptor_that_hangs_on_it():
    heap = Heap()
    one = closed_over(heap, 7)

    [cycle] = found(heap)

    assert cycle.loop == ("Connection.on_closed", "closure variable conns", "item [0]", "Connection")
    assert (cycle.size, cycle.fds, cycle.garbage, cycle.entered_by) == (5, (7,), True, None)
    assert cycle.address == heap.address(one)


def test_a_cycle_that_a_root_reaches_names_the_reference_into_it():
    heap = Heap()
    registry = heap.instance("app.Registry")
    heap.refer(registry, ".known", heap.list(closed_over(heap, 7)))
    heap.module("app", REGISTRY=registry)

    [cycle] = found(heap)

    assert not cycle.garbage
    assert cycle.entered_by == "item [0] of Registry.known below global REGISTRY of module app"


def test_the_shortest_of_the_loops_of_a_component_is_told():
    heap = Heap()
    first, second, third = (heap.instance(f"app.{name}") for name in ("First", "Second", "Third"))
    heap.refer(first, ".second", second)
    heap.refer(second, ".third", third)
    heap.refer(third, ".first", first)
    heap.refer(third, ".second", second)
    heap.refer(first, ".sock", heap.socket(7))
    heap.tcp(7)

    [cycle] = found(heap)

    assert set(cycle.loop) == {"Second.third", "Third.second", cycle.loop[-1]}
    assert len(cycle.loop) == 3
    assert cycle.size == 3


def test_those_with_most_descriptors_come_first():
    heap = Heap()
    closed_over(heap, 7)
    large = closed_over(heap, 8)
    heap.refer(large, ".other", heap.socket(9))
    heap.tcp(9)

    assert [cycle.fds for cycle in found(heap)] == [(8, 9), (7,)]


def test_what_something_else_keeps_too_is_not_held():
    heap = Heap()
    one = closed_over(heap, 7)
    heap.refer(one, ".shared", shared := heap.socket(8))
    heap.tcp(8)
    heap.module("app", CYCLE=one, SHARED=shared)

    assert [cycle.fds for cycle in found(heap)] == [(7,)]


def test_a_descriptor_counts_for_the_nearest_cycle_only():
    heap = Heap()
    outer = closed_over(heap, 7)
    heap.refer(outer, ".inner", closed_over(heap, 8))

    assert [cycle.fds for cycle in found(heap)] == [(7,), (8,)]


def test_a_live_class_makes_no_cycle_of_its_instances_but_a_garbage_one_does():
    heap = Heap()
    for name, is_live in (("app.Live", True), ("app.Local", False)):
        type_ = heap.type(name)
        namespace = heap.object("dict")
        heap.refer(type_, "member __dict__", namespace)
        heap.refer(namespace, ".known", heap.list(one := heap.instance(name)))
        heap.refer(one, ".sock", heap.socket(7 + is_live))
        heap.tcp(7 + is_live)
        heap.hold(type_, -1)
        if is_live:
            heap.module("app", Live=type_)

    assert [(cycle.fds, cycle.garbage) for cycle in found(heap)] == [((7,), True)]


def test_modules_that_import_each_other_are_no_cycle():
    heap = Heap()
    first = heap.module("app.first", CONNS=heap.list(connection(heap, 7)))
    second = heap.module("app.second", first=first)
    namespace = first + 1
    heap.refer(namespace, "global second", second)

    assert found(heap) == []


def test_of_an_object_those_that_it_is_in_or_hangs_on_nearest_first():
    heap = Heap()
    outer, inner = closed_over(heap, 7), closed_over(heap, 8)
    heap.refer(outer, ".inner", inner)
    heap.refer(inner, ".extra", extra := heap.instance("app.Extra"))
    heap.module("app", OUTER=outer, lonely=(lonely := heap.instance("app.Lonely")))

    assert [cycle.fds for cycle in found(heap, extra)] == [(8,), (7,)]
    assert [cycle.fds for cycle in found(heap, outer)] == [(7,)]
    assert found(heap, lonely) == []


HEALTHY = """
import asyncio, http.client, logging, socket, ssl, urllib.request
import pyhandles

class Connection:
    def __init__(self): self.sock = socket.socket()

class Pool:
    def __init__(self): self.idle = [Connection() for _ in range(5)]

class Looped(Connection):
    def __init__(self):
        super().__init__()
        self.me = self

POOL = Pool()
LOOPED = Looped()
pyhandles.capture("it.pkl")
"""


def test_a_healthy_pool_in_a_real_program_is_in_no_cycle(tmp_path: Path):
    outcome = python("-c", HEALTHY, cwd=tmp_path)
    assert outcome.status == 0, outcome
    snapshot = Snapshot.open(tmp_path / "it.pkl")

    [cycle] = cycles(snapshot).rows

    assert cycle.loop == ("Looped.me", "Looped")
    assert cycle.entered_by == "global LOOPED of module __main__"
    assert len(cycle.fds) == 1
