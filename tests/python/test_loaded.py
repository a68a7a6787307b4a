"""`pyhandles.load`: every command of the shell is a method, and gives the same answer."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from inspect import signature
from pathlib import Path

import networkx as nx
import pytest

import pyhandles
from pyhandles.errors import NotRecorded, UnknownObject
from pyhandles.loaded import LoadedSnapshot
from pyhandles.render.documents import document
from pyhandles.shell.commands import COMMANDS
from pyhandles.shell.commands.command import ArgumentParser
from tests.endtoend.service import ask
from tests.heap import Heap
from tests.shell.recorded import recorded_heap

METHODS = {"io list": "handles", "leaks": "clusters", "misuse": "misuses"}
"""Commands whose methods have other names; what is asked for is a noun."""

NO_METHOD = {"help", "quit"}

NO_PARAMETER = {"--limit", "--offset"}
"""Lists are whole from Python: a slice is a page."""

ALL = "--limit 1000000"

NONE_THERE = {"tasks", f"inherit {ALL}", f"polls {ALL}", f"closed --all {ALL}"}
"""Questions to which the service of docs/python.md has nothing to answer."""

QUESTIONS: dict[str, Callable[[LoadedSnapshot], object]] = {
    "summary": lambda snapshot: snapshot.summary(),
    "io list": lambda snapshot: snapshot.handles,
    "ledger": lambda snapshot: snapshot.ledger(),
    f"inherit {ALL}": lambda snapshot: snapshot.inherit(),
    "leaks": lambda snapshot: snapshot.clusters(),
    f"blame {ALL}": lambda snapshot: snapshot.blame(),
    f"cycles {ALL}": lambda snapshot: snapshot.cycles(),
    "retained 4": lambda snapshot: snapshot.retained(4),
    f"reachable 4 {ALL}": lambda snapshot: snapshot.reachable(4),
    f"reachable 24 --all {ALL}": lambda snapshot: snapshot.reachable("24", all=True),
    "largest --retained --limit 9": lambda snapshot: snapshot.largest(retained=True)[:9],
    "why 4": lambda snapshot: snapshot.why(4),
    "identify 4 --raw --depth 3": lambda snapshot: snapshot.identify(4, raw=True, depth=3),
    "identify 24 --all": lambda snapshot: snapshot.identify("24", all=True),
    "show 4": lambda snapshot: snapshot.show(4),
    "show 4 --all": lambda snapshot: snapshot.show(4, all=True),
    "path 4 -n 2 --raw": lambda snapshot: snapshot.path(4, n=2, raw=True),
    "path 4 -n 1 --avoid #3": lambda snapshot: snapshot.path(4, avoid=["#3"]),
    f"inrefs 4 {ALL}": lambda snapshot: snapshot.inrefs(4),
    f"inrefs 24 --raw {ALL}": lambda snapshot: snapshot.inrefs(24, raw=True),
    f"outrefs 4 --raw {ALL}": lambda snapshot: snapshot.outrefs(4, raw=True),
    f"count {ALL}": lambda snapshot: snapshot.count(),
    f"count --by module --size {ALL}": lambda snapshot: snapshot.count(by="module", size=True),
    f"find --type Connection --attr sock --refcount <3 {ALL}": lambda snapshot: snapshot.find(
        type="Connection", attr="sock", refcount="<3"
    ),
    f"find --subtype-of socket --fd --garbage {ALL}": lambda snapshot: snapshot.find(
        subtype_of="socket", fd=True, garbage=True
    ),
    f"find --name Pool.* --module __main__ --size >1 {ALL}": lambda snapshot: snapshot.find(
        name="Pool.*", module="__main__", size=">1"
    ),
    f"roots {ALL}": lambda snapshot: snapshot.roots(),
    f"roots --kind module --name main {ALL}": lambda snapshot: snapshot.roots(kind="module", name="main"),
    f"symbols __main__ --kind variable {ALL}": lambda snapshot: snapshot.symbols("__main__", kind="variable"),
    f"symbols {ALL}": lambda snapshot: snapshot.modules(),
    "threads --locals": lambda snapshot: snapshot.threads(locals=True),
    "tasks": lambda snapshot: snapshot.tasks(),
    f"polls {ALL}": lambda snapshot: snapshot.polls(),
    "who :9": lambda snapshot: snapshot.who(":9"),
    "source __main__.Pool -C 2": lambda snapshot: snapshot.source("__main__.Pool", context=2),
    f"closed --all {ALL}": lambda snapshot: snapshot.closed(all=True),
    "diff service-1.pkl": lambda snapshot: snapshot.diff("service-1.pkl"),
}

RECORDED: dict[str, Callable[[LoadedSnapshot], object]] = {
    f"calls {ALL}": lambda snapshot: snapshot.calls(),
    f"calls --by site --seconds {ALL}": lambda snapshot: snapshot.calls(by="site", seconds=True),
    "fd 7": lambda snapshot: snapshot.fd(7),
    "fd 7 --stacks --last 1": lambda snapshot: snapshot.fd(7, stacks=True, last=1),
    f"misuse {ALL}": lambda snapshot: snapshot.misuses(),
    f"calls --call close --errors {ALL}": lambda snapshot: snapshot.calls(call="close", errors=True),
    "trace": lambda snapshot: snapshot.trace(),
    "trace --fd 7 --last 9 --stack": lambda snapshot: snapshot.trace(fd=7, last=9, stack=True),
    "trace --call con*,close --thread worker-3": lambda snapshot: snapshot.trace(call="con*,close", thread="worker-3"),
    "trace --errors --site pool.py:88": lambda snapshot: snapshot.trace(errors=True, site="pool.py:88"),
}
"""Questions to a program that was recorded."""


@pytest.fixture
def snapshot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> LoadedSnapshot:
    monkeypatch.chdir(folder)
    return pyhandles.load("service-2.pkl")


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in NO_METHOD])
def test_every_command_is_a_method_with_its_options(command: str):
    method = getattr(LoadedSnapshot, METHODS.get(command, command.replace(" ", "_")))
    options = {option for option, _, _ in ArgumentParser(COMMANDS[command]).options()} - NO_PARAMETER
    if command == "io list":
        options -= {"--class", "--kind", "--inheritable"}  # a list is filtered as any other
        options -= {"--ends"}  # each row has all that there is
    function = method.fget if isinstance(method, property) else method

    assert function.__doc__
    assert {option.lstrip("-").replace("-", "_") for option in options} <= signature(function).parameters.keys()


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in NO_METHOD])
def test_every_command_is_among_the_questions(command: str):
    assert any(line == command or line.startswith(f"{command} ") for line in (*QUESTIONS, *RECORDED))


@pytest.mark.parametrize("line", QUESTIONS)
def test_the_answer_is_that_of_the_shell(folder: Path, snapshot: LoadedSnapshot, line: str):
    [told] = ask(folder / "service-2.pkl", line)
    found = document(line, QUESTIONS[line](snapshot))

    for answer in (told, found):
        for each in answer.get("snapshots", ()):
            each["name"] = Path(each["name"]).name
    assert found == {name: value for name, value in told.items() if name in found}
    assert told.keys() - found.keys() <= {"total", "offset"}
    assert found.get("rows", found) or line in NONE_THERE


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSnapshot:
    path = tmp_path_factory.mktemp("recorded") / "recorded.pkl"
    recorded_heap().write(path)
    return pyhandles.load(path)


@pytest.mark.parametrize("line", RECORDED)
def test_the_answer_about_a_recording_is_that_of_the_shell_and_plain_data(recorded: LoadedSnapshot, line: str):
    [told] = ask(Path(recorded.name), line)
    answer = RECORDED[line](recorded)

    found = document(line, answer)
    assert found == {name: value for name, value in told.items() if name in found}
    assert told.keys() - found.keys() <= {"total", "offset"}
    assert pickle.loads(pickle.dumps(answer)) == copy.deepcopy(answer) == answer


@pytest.mark.parametrize("line", RECORDED)
def test_what_was_not_recorded_cannot_be_asked(snapshot: LoadedSnapshot, line: str):
    with pytest.raises(NotRecorded, match="nothing was recorded"):
        RECORDED[line](snapshot)


@pytest.mark.parametrize("line", QUESTIONS)
def test_an_answer_is_plain_data(snapshot: LoadedSnapshot, line: str):
    """It can be kept, sent, compared and written, and holds nothing of numpy's."""
    answer = QUESTIONS[line](snapshot)

    assert pickle.loads(pickle.dumps(answer)) == copy.deepcopy(answer) == answer
    assert json.dumps(document(line, answer))


def test_a_cluster_by_its_signature(snapshot: LoadedSnapshot):
    largest = snapshot.clusters()[0]

    assert snapshot.cluster(largest.signature[:6]) == largest


def test_every_part_of_an_answer_names_what_it_is_about(snapshot: LoadedSnapshot):
    [handle] = [each for each in snapshot.handles if each.fd == 4]
    [owner] = handle.owners
    identification = snapshot.identify(4)
    ancestry = identification.ancestries[0]
    names = [
        *(4, "4", handle.address, f"{handle.address:#x}", f"#{owner.index}"),
        *(handle, owner, identification, ancestry, ancestry.object, snapshot.why(4), snapshot.show(4)),
        *(snapshot.clusters()[0], snapshot.diff("service-1.pkl").clusters[0]),
    ]

    for name in names:
        assert snapshot.why(name).object.index == owner.index, name
    [pool] = [each for each in snapshot.symbols("__main__") if each.name == "POOL"]
    assert snapshot.show(pool).object.address == pool.address
    assert snapshot.show(snapshot.threads().threads.rows[0].frames[0]).name == "<module>"
    assert snapshot.why(ancestry.tree[0]).object == ancestry.tree[0].object
    assert snapshot.show(snapshot.show(4).references[0]).object == snapshot.show(4).references[0].object


def test_marks_are_those_of_the_last_answer_that_had_marks(snapshot: LoadedSnapshot):
    with pytest.raises(UnknownObject, match=r"no object is marked \*A"):
        snapshot.show("*A")
    lost = snapshot.identify(24)
    snapshot.why(4)

    assert snapshot.show("*A").object.index == lost.marks["*A"]


def test_a_descriptor_without_an_owner():
    heap = Heap()
    heap.descriptor(5, "pipe:[1]")
    snapshot = LoadedSnapshot(heap.snapshot())

    assert snapshot.why(5).verdict.kind == "native"
    assert snapshot.identify(snapshot.handles[0]).ancestries == ()
    assert len(snapshot.graph(5)) == 0
    with pytest.raises(UnknownObject, match="no object owns descriptor 5"):
        snapshot.show(5)


def test_a_stale_handle_names_its_owner():
    heap = Heap()
    heap.module("app", SOCK=heap.socket(7))
    snapshot = LoadedSnapshot(heap.snapshot())
    [handle] = snapshot.handles

    assert handle.fd is None
    assert snapshot.why(handle).verdict.kind == "stale"


@pytest.mark.parametrize("what", [None, True, 3.5, [], "", "nothing", -1, 4096, 2**40, 2**70, object()])
def test_what_names_nothing_is_refused(snapshot: LoadedSnapshot, what: object):
    with pytest.raises(UnknownObject):
        snapshot.why(what)


def test_an_object_of_another_snapshot_is_refused_and_a_descriptor_found_again(snapshot: LoadedSnapshot):
    earlier = pyhandles.load("service-1.pkl")
    last = earlier.show(f"#{earlier.model.n_objects - 1}").object

    assert snapshot.why(earlier.handles[3]).handle.fd == earlier.handles[3].fd
    with pytest.raises(UnknownObject, match="of another snapshot"):
        snapshot.why(last)


def test_an_answer_outlives_its_snapshot(folder: Path):
    found = copy.deepcopy(pyhandles.load(folder / "service-2.pkl").clusters())

    assert found[0].holder == "Connection.sock"


def test_others_to_compare_with_may_be_open_or_files(folder: Path, snapshot: LoadedSnapshot):
    other = folder / "service-1.pkl"

    assert snapshot.diff(other).clusters == snapshot.diff(pyhandles.load(other)).clusters


def test_the_graph_is_the_tree(snapshot: LoadedSnapshot):
    graph = snapshot.graph(4)
    [start] = [index for index, is_start in graph.nodes(data="start") if is_start]

    def labels(lines) -> set[tuple[str, str]]:
        return {(line.label, line.object.text) for line in lines}.union(*(labels(line.referrers) for line in lines))

    tree = snapshot.identify(4).ancestries[0].tree
    assert {(label, graph.nodes[source]["text"]) for source, _, label in graph.edges(data="label")} == labels(tree)
    assert graph.nodes[start]["text"] == "socket.socket fd 4"
    assert nx.has_path(graph, *[index for index, root in graph.nodes(data="root") if root == "module"][:1], start)
    assert set(graph.nodes[start]) == {
        *("address", "size", "type", "text", "start", "root", "garbage", "more"),
    }
    assert all(set(data) == {"label", "folded"} for *_, data in graph.edges(data=True))


def test_the_graph_of_garbage_has_a_loop_and_no_root(snapshot: LoadedSnapshot):
    graph = snapshot.graph(24)

    assert all(graph.nodes[index]["garbage"] and not graph.nodes[index]["root"] for index in graph)
    assert list(nx.selfloop_edges(graph))


def test_it_says_what_it_is(snapshot: LoadedSnapshot):
    assert repr(snapshot).startswith(f"<snapshot service-2.pkl: {len(snapshot.handles)} open, ")
    assert snapshot.header.trigger == "request"
