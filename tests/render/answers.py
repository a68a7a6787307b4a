"""Answers made by hand, for the renderers' tests: a socket that only a cycle keeps, and what is around it."""

from __future__ import annotations

from collections import Counter

from pyhandles.findings.alike import Alike
from pyhandles.findings.awaits import TaskName, Wait
from pyhandles.findings.counts import Count
from pyhandles.findings.describe import Described
from pyhandles.findings.growth import Growth
from pyhandles.findings.handles import Handle, HandleList, Owner
from pyhandles.findings.identify import Ancestry, Identification, Line, LoopStep
from pyhandles.findings.pages import Page
from pyhandles.findings.rooted import RootList, RootRow
from pyhandles.findings.show import Details, Referent
from pyhandles.findings.stacks import StackFrame, ThreadStack, Variable
from pyhandles.findings.summary import Collector, Summary
from pyhandles.findings.symbols import Symbol
from pyhandles.findings.tasks import Task
from pyhandles.findings.threads import Threads
from pyhandles.findings.verdicts.verdict import Verdict
from pyhandles.findings.why import Why

SOCKET = Described(10, 0x7F00_0000_1000, "socket.socket", "socket.socket fd 63")
CONNECTION = Described(11, 0x7F00_0000_1040, "client.Connection", "client.Connection")
CONNS = Described(12, 0x7F00_0000_1080, "list", "list of 1")
ON_CLOSED = Described(13, 0x7F00_0000_10C0, "function", "function client.open.<locals>.on_closed (client.py:41)")
POOL = Described(14, 0x7F00_0000_1100, "module", "module client")

GARBAGE = Verdict("garbage", "only a cycle keeps it; the collector is disabled")


def handle(
    fd: int | None = 63, target: str = "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED", **fields: object
) -> Handle:
    owner = Owner(10, SOCKET.address, SOCKET.type)
    values = {
        "fd": fd,
        "kind": "socket",
        "target": target,
        "owners": (owner,),
        "holder": "client.Connection.sock",
        "class_": None,
        "state": "open",
        "inheritable": False,
        "opened_at": None,
    }
    return Handle(**(values | fields))


def handle_list(*handles: Handle) -> HandleList:
    kinds = Counter(each.kind for each in handles if each.fd is not None)
    return HandleList(Page(handles, len(handles)), kinds, len(handles) - kinds.total())


def identification(*, more: int = 0, deeper: bool = False) -> Identification:
    again = Line("attribute .on_closed", CONNECTION, "*A", "circular", ())
    function = Line("closure variable conns", ON_CLOSED, None, None, (again,), deeper=deeper)
    conns = Line("item [0]", CONNS, None, None, (function,), more=more)
    connection = Line("attribute .sock", CONNECTION, "*A", None, (conns,))
    loop = (LoopStep("attribute .on_closed", CONNECTION), LoopStep("closure variable conns", ON_CLOSED))
    ancestry = Ancestry(SOCKET, None, (connection,), (), (loop,))
    return Identification(handle(), (ancestry,), GARBAGE, {"*A": CONNECTION.index})


def why() -> Why:
    return Why(handle(), SOCKET, GARBAGE, ("client.Connection", "attribute .sock"), None, "closure variable conns")


def details() -> Details:
    references = (Referent("attribute .sock", SOCKET), Referent("attribute .on_closed", ON_CLOSED))
    special = {"fd": 63, "closed": False, "peer": "10.0.0.7:5432", "attributes": references}
    return Details(CONNECTION, 48, 2, None, "client.py:12", references, 3, 1, special)


def count() -> Count:
    return Count("type", "client.Connection", 58, 2784, 0.125, 1, CONNECTION.address)


def root_list() -> RootList:
    rows = (RootRow("module", "client", POOL, 1, 4_821),)
    return RootList({"module": 81, "frame": 3}, Page(rows, 84))


def threads() -> Threads:
    variable = Variable("sock", SOCKET, 63, "tcp 10.0.0.1:41830 → 10.0.0.7:5432 ESTABLISHED")
    frame = StackFrame("/srv/client.py", 41, "open", 0x7F00_0000_2000, (variable,))
    thread = ThreadStack("worker-3", 139_779, 77, False, True, (frame,))
    wait = Wait(CONNS, (TaskName(0x7F00_0000_2040, "Task-7", "fetch"),), "StreamReader._waiter", 63, "tcp")
    task = Task(CONNECTION, "poller", "client.serve", "waiting", "worker-3", (frame,), wait)
    alike = Alike(thread, ("worker-3",), ())
    return Threads(Page((thread,), 1), Page((alike,), 1), (), None, Page((task,), 10_000))


def symbol() -> Symbol:
    location = "client.py:41"
    return Symbol("on_closed", "function", "function", ON_CLOSED.text, "events", location, ON_CLOSED.address)


def summary() -> Summary:
    collector = Collector(False, (700, 10, 10), (1, 2, 3), (5, 1, 0), False)
    return Summary(
        "emfile",
        "EMFILE",
        1_700_000_000.5,
        4242,
        ("app.py", "--port", "80"),
        "3.12.1",
        1200,
        3400,
        64,
        64,
        None,
        "soft limit",
        {"socket": 58, "file": 3},
        {"socket.socket": 58},
        collector,
        (Growth("client.Connection", 3, 61, owner=True), Growth("list", 400, 4_821, owner=False)),
    )
