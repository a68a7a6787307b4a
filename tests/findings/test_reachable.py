"""`reachable`: what can be come to from an object, and what is left out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyhandles.findings.reachable import Reachable, reachable
from pyhandles.graph.strength import Strength, Strengths
from pyhandles.snapshot import Snapshot
from tests.endtoend.service import python, script
from tests.heap import Heap

LABELS = (".x", "[0]", "closure x", "reference", "type", "base", "member __globals__", "weak", "candidate", "global x")


def types(found: Reachable) -> dict[str, int]:
    return {row.name: row.count for row in found.types.rows}


def test_everything_behind_the_object_with_its_bytes_and_descriptors():
    heap = Heap()
    pool = heap.instance("app.Pool")
    heap.refer(pool, ".idle", heap.list(*(heap.socket(fd) for fd in (7, 8))))
    heap.refer(pool, ".shared", shared := heap.socket(9))
    for fd in (7, 8, 9, 10):
        heap.tcp(fd)
    heap.module("app", POOL=pool, SHARED=shared, OTHER=heap.socket(10))
    found = reachable(heap.snapshot(), pool)

    assert (found.objects, found.size, found.fds) == (5, 5 * 48, (7, 8, 9))
    assert types(found) == {"socket.socket": 3, "list": 1, "app.Pool": 1}


def test_a_loop_is_counted_once_and_garbage_as_anything_else():
    heap = Heap()
    first, second = heap.instance("app.First"), heap.instance("app.Second")
    heap.refer(first, ".second", second)
    heap.refer(second, ".first", first)

    assert reachable(heap.snapshot(), first).objects == 2


def test_types_globals_and_modules_are_followed_on_request_only():
    heap = Heap()
    function, connection = heap.function("app.get"), heap.instance("app.Connection")
    module = heap.module("app", POOL=heap.socket(7), GET=function)
    heap.tcp(7)
    heap.refer(function, "member __globals__", module + 1)
    heap.refer(connection, ".on_close", function)
    heap.refer(connection, ".library", module)
    heap.refer(heap.type("app.Connection"), ".open", heap.socket(8))
    heap.tcp(8)
    snapshot = heap.snapshot()
    found, whole = reachable(snapshot, connection), reachable(snapshot, connection, all=True)

    assert types(found) == {"app.Connection": 1, "function": 1, "code": 1, "module": 1, "dict": 1}
    assert found.fds == ()
    assert whole.fds == (7, 8)
    assert types(whole)["type"] >= 1


def test_a_module_that_is_asked_for_reaches_its_own_variables_and_not_those_of_others():
    heap = Heap()
    other = heap.module("lib", SOCK=heap.socket(8))
    module = heap.module("app", SOCK=heap.socket(7), lib=other)
    for fd in (7, 8):
        heap.tcp(fd)
    snapshot = heap.snapshot()

    assert reachable(snapshot, module).fds == (7,)
    assert reachable(snapshot, module + 1).fds == (7,)
    assert reachable(snapshot, module, all=True).fds == (7, 8)


def test_a_class_that_is_asked_for_reaches_what_is_in_it():
    heap = Heap()
    heap.refer(heap.type("app.Pool"), ".shared", heap.socket(7))
    heap.tcp(7)

    assert reachable(heap.snapshot(), heap.type("app.Pool")).fds == (7,)


def test_weak_references_are_never_followed():
    heap = Heap()
    reference = heap.object("weakref")
    heap.refer(reference, "weak", heap.socket(7))
    heap.tcp(7)

    assert reachable(heap.snapshot(), reference, all=True).fds == ()


def test_a_linked_list_of_any_length():
    heap = Heap()
    nodes = [heap.object("list") for _ in range(5000)]
    for one, next_ in pairwise(nodes):
        heap.refer(one, "[0]", next_)

    assert reachable(heap.snapshot(), nodes[0]).objects == 5000
    assert reachable(heap.snapshot(), nodes[4000]).objects == 1000


def test_a_part_of_the_types():
    heap = Heap()
    items = heap.list(heap.instance("app.A"), heap.instance("app.B"), heap.instance("app.B"))
    found = reachable(heap.snapshot(), items, limit=1, offset=1)

    assert (found.types.total, found.types.offset, len(found.types.rows)) == (3, 1, 1)
    assert (found.objects, sum(row.share for row in reachable(heap.snapshot(), items).types.rows)) == (4, 1)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(LABELS), st.integers(0, 9)), max_size=40), st.integers(0, 9)
)
def test_as_networkx_finds_it(references: list[tuple[int, str, int]], start: int):
    heap = Heap()
    objects = [heap.object("app.A", size=2**position) for position in range(10)]
    for source, label, target in references:
        heap.refer(objects[source], label, objects[target])
    snapshot = heap.snapshot()
    strengths = snapshot.derive(Strengths).of_rows
    for all_, wanted in ((False, {Strength.DATA}), (True, set(Strength) - {Strength.WEAK})):
        graph = nx.DiGraph()
        graph.add_nodes_from(range(snapshot.n_objects))
        for index in range(snapshot.n_objects):
            rows = [row for row in snapshot.rows_of(index) if strengths[row] in wanted]
            graph.add_edges_from((index, int(snapshot.targets[row])) for row in rows)
        expected = {objects[start], *nx.descendants(graph, objects[start])}
        found = reachable(snapshot, objects[start], all=all_)

        assert found.objects == len(expected)
        assert found.size == sum(int(snapshot.sizes[index]) for index in expected)


HOLDS = """
import json, socket
import pyhandles

class Connection:
    def __init__(self): self.sock = socket.socket()

class Pool:
    def __init__(self):
        self.idle, self.codec, self.name = [Connection() for _ in range(5)], json, "a"
        self.close = lambda: self.idle

POOL, OTHER = Pool(), Connection()
pyhandles.install("it.pkl", on=(), quiet=True)
pyhandles.capture()
"""


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder: Path = tmp_path_factory.mktemp("reachable")
    outcome = python(script(folder, HOLDS), cwd=folder)
    assert outcome.status == 0, outcome
    return Snapshot.open(outcome.snapshot("it.pkl"))


def test_a_real_pool_reaches_its_connections_and_not_the_program(captured: Snapshot):
    [pool] = [index for index in range(captured.n_objects) if captured.type_name(index) == "__main__.Pool"]
    found, whole = reachable(captured, pool), reachable(captured, pool, all=True)

    assert types(found)["__main__.Connection"] == types(found)["socket.socket"] == len(found.fds) == 5
    assert found.objects < 60
    assert len(whole.fds) >= 6
    assert whole.objects > captured.n_objects / 2
