"""Answers made by hand, for the renderers' tests: a socket that only a cycle keeps, and what is around it."""

from __future__ import annotations

from pyhandles.findings.describe import Described
from pyhandles.findings.handles import Handle, Owner
from pyhandles.findings.identify import Ancestry, Identification, Line, LoopStep
from pyhandles.findings.show import Details, Referent
from pyhandles.findings.summary import Collector, Summary
from pyhandles.findings.verdict import Verdict
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
    )
