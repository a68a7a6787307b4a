"""A terminal of 40 columns: no line is longer, and nothing is lost that says who holds what."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from rich.cells import cell_len

from pyhandles.errors import UnknownObject
from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask
from pyhandles.shell.commands import COMMANDS
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot
from tests.endtoend.service import python, script
from tests.shell.recorded import recorded_heap
from tests.shell.surrounded import surrounded_heap
from tests.shell.terminal import Terminal
from tests.taken import closed_under_a_call, served

HOLDS = """
import asyncio, collections, socket, tempfile, threading
import pyhandles

class AConnectionWithAVeryLongNameIndeed:
    def __init__(self, sock):
        self.the_socket_that_it_talks_through = sock

class Pool:
    def __init__(self):
        self.connections = collections.defaultdict(list)

class Größe漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字:
    pass

pyhandles.install("it.pkl", on=(), quiet=True, census=True)
pyhandles.capture("before.pkl")
listener = socket.create_server(("::1", 0), family=socket.AF_INET6) if socket.has_ipv6 else socket.socket()
pool = Pool()
for host in ("a", "b", "c"):
    sock = socket.socket(socket.AF_INET6)
    sock.connect(listener.getsockname())
    pool.connections[host].append(AConnectionWithAVeryLongNameIndeed(sock))
def closed_over(sock):
    def on_closed_which_has_a_long_name_too(event): return sock, cycle
    cycle = [on_closed_which_has_a_long_name_too]
    return None
closed_over(socket.socket())
wide = Größe漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字(); wide.漢字 = tempfile.TemporaryFile("w")
named = tempfile.NamedTemporaryFile(prefix="a-file-with-quite-a-long-name-" * 3)
loop = asyncio.new_event_loop()
def waits(sock, ready, done):
    ready.set(); done.wait()
ready, done = threading.Event(), threading.Event()
thread = threading.Thread(target=waits, args=(socket.socket(), ready, done), daemon=True); thread.start(); ready.wait()
pyhandles.capture()
done.set(); thread.join()
"""

GUIDES = re.compile(r"[\s│├└─]+")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("narrow")
    outcome = python(script(folder, HOLDS), cwd=folder)
    assert outcome.status == 0, outcome
    return outcome.snapshot("it.pkl")


def questions(snapshot: Snapshot) -> list[str]:
    """Every command, on every handle and every holder."""
    names = [str(each.fd) for each in snapshot.descriptors]
    holders = {snapshot.type_name(index): index for index in range(snapshot.n_objects)}
    names += [f"#{index}" for name, index in holders.items() if name.startswith(("__main__", "asyncio", "_io"))]
    lines = [
        "summary",
        "io list",
        "io list --class owned",
        "io list --ends",
        "io list --kind socket --limit 2",
        "io list --inheritable",
        "inherit",
        "ledger",
        "help",
        f"diff {Path(snapshot.name).with_name('before.pkl')}",
        *(f"help {name}" for name in COMMANDS),
    ]
    lines += [
        "blame",
        "cycles",
        "largest",
        "largest --retained",
        "count",
        "count --by module --size",
        "roots",
        "roots --kind immortal --limit 5",
        "find --fd",
        "find --module __main__",
        "find --attr *the_socket* --size >1",
        "find --type AConnection* --refcount <3 --limit 1",
        "find --garbage",
    ]
    lines += ["source __main__.closed_over", "source Pool", "threads", "threads --locals", "tasks", "tasks --locals"]
    lines += ["polls", "polls --limit 1"]
    lines += ["symbols", "symbols __main__", "symbols socket"]
    for name in names:
        lines += [
            f"why {name}",
            f"cycles {name}",
            f"retained {name}",
            f"reachable {name} --limit 5",
            f"reachable {name} --all --limit 5",
            f"identify {name}",
            f"identify {name} --raw --depth 12",
            f"show {name}",
        ]
        lines += [f"why {name}", f"identify {name}", f"identify {name} --raw --depth 12", f"show {name}"]
        lines += [f"path {name}", f"path {name} -n 3", f"path {name} --raw", f"inrefs {name}", f"outrefs {name}"]
        lines += [f"inrefs {name} --raw", f"outrefs {name} --raw"]
    return lines


RECORDED = (
    *("fd 7", "fd 7 --stacks", "fd 7 --last 1", "fd 5"),
    *("summary", "why 7", "misuse", "misuse --limit 1", "inherit"),
    *("calls", "calls --by call", "calls --by site --seconds", "calls --errors --limit 1"),
    *("trace", "trace --fd 7", "trace --fd 7 --last 1 --stack", "trace --call connect --errors"),
)
"""Questions about what happened."""


def recorded_answers() -> list[tuple[str, object]]:
    session = Session(recorded_heap().snapshot(), "recorded.pkl")
    return [(line, ask(session, line)) for line in RECORDED]


SURROUNDED = (
    *("threads", "polls", "polls 7"),
    "who",
    "who :3001",
    *("summary", "io list --ends", "closed", "closed --all", "closed --all --limit 1"),
    *(f"{command} {fd}" for command in ("why", "show", "identify") for fd in (7, 8, 9)),
    *("why 13", "why 14"),
)
"""Questions about what is around."""


def surrounded_answers() -> list[tuple[str, object]]:
    session = Session(surrounded_heap().snapshot(), "surrounded.pkl")
    return [(line, ask(session, line)) for line in SURROUNDED]


def addresses_answers() -> list[tuple[str, object]]:
    sessions = [Session(heap.snapshot(), "taken.pkl") for heap in (served(), closed_under_a_call())]
    return [(line, ask(session, line)) for session in sessions for line in ("who", "who :3001", "who @none", "summary")]


def answers(path: Path) -> list[tuple[str, object]]:
    session = Session(Snapshot.open(path), "it.pkl")
    found = []
    for line in questions(session.snapshot):
        with suppress(UnknownObject):  # `show` of a descriptor that nothing owns
            found.append((line, ask(session, line)))
    return found


def test_no_line_of_any_answer_is_longer(path: Path):
    for line, answer in (*answers(path), *recorded_answers(), *surrounded_answers(), *addresses_answers()):
        for width in (40, 41, 60):
            too_long = [text.plain for text in text_lines(answer, width) if cell_len(text.plain) > width]
            assert not too_long, line


def test_nothing_of_what_keeps_something_alive_is_lost(path: Path):
    """The words are those of a line without end; only where they are broken differs."""
    for line, answer in (*answers(path), *surrounded_answers()):
        if line.startswith(("why", "identify")):
            narrow, wide = (GUIDES.sub("", "".join(t.plain for t in text_lines(answer, w))) for w in (40, None))
            assert narrow == wide, line


def test_the_list_keeps_number_peer_and_holder(path: Path):
    snapshot = Snapshot.open(path)
    session = Session(snapshot, "it.pkl")
    lines = [text.plain for text in text_lines(ask(session, "io list"), 40)]
    heading, *rows = lines[: lines.index("")]

    assert heading.split() == ["fd", "target", "holder"]
    for handle in ask(session, "io list").page.rows:
        [row] = [row for row in rows if row.split()[:1] == [str(handle.fd)]]
        if handle.holder:
            variable = re.fullmatch(r"(?:global|local variable|closure variable) (\S+) of \S+", handle.holder)
            last = variable.group(1) if variable else re.split(r"[. ]", handle.holder)[-1]
            assert last[-6:] in row


def test_the_summary_keeps_every_kind_and_every_owner(path: Path):
    session = Session(Snapshot.open(path), "it.pkl")
    summary = ask(session, "summary")
    text = " ".join(" ".join(text.plain for text in text_lines(summary, 40)).split())

    for names in (summary.kinds, summary.owners):
        assert all(f"{count} {name}" in text for name, count in names.items())


def test_at_a_terminal_of_forty_columns(path: Path):
    words = ["-m", "pyhandles", "shell", str(path)]
    environment = {"PAGER": "cat", "XDG_STATE_HOME": str(path.parent)}
    terminal = Terminal([sys.executable, *words], columns=40, **environment)
    try:
        terminal.wait_for("pyhandles>")
        terminal.type("io list\r")
        shown = terminal.wait_for("open:")
        terminal.wait_for("pyhandles>")
        terminal.type("\x04")
        _, status = terminal.wait_for_end()
    finally:
        terminal.close()

    assert status == 0
    rows = [line for line in shown.splitlines() if re.match(r" *\d+ ", line)]
    assert len(rows) > 8
    assert all(cell_len(line) <= 40 for line in rows)
