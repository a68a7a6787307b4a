"""What the recorder saw, as it stands in the snapshot of a real program."""

from __future__ import annotations

import ast
import errno
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pyhandles.findings.recorded import stack_site_text, stack_texts
from pyhandles.format import RECORDED_TABLES, CounterFlag, EventFlag, MisuseKind
from pyhandles.snapshot import Snapshot
from pyhandles.snapshot.recorded import Event
from tests.collectors import PORTABLE
from tests.endtoend.service import ask, python, script, service

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not record")

BEGINNING = """
import atexit, mmap, os, select, socket, sqlite3, subprocess, sys, tempfile, threading, time
import pyhandles

places = {}
names = {}
def opened(fd):
    frame = sys._getframe(1)
    place = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno} in {frame.f_code.co_qualname}"
    places[fd if isinstance(fd, int) else fd.fileno()] = place
    return fd

pyhandles.install("it.pkl", on=(), quiet=True, record=True)
"""
RECORDED_AND_STOPPED = """
with pyhandles.install('it.pkl', on=(), quiet=True, record=True):
    before = open('before.txt', 'w')
pyhandles.install('it.pkl', on=(), quiet=True)
"""
END = """
pyhandles.capture()
print((places, names))
"""


class Recorded(NamedTuple):
    """places: where each number was opened, as the program says. names: whatever else it says."""

    snapshot: Snapshot
    places: dict[int, str]
    names: dict[str, int]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Of ``io list``."""
        rows: list[dict[str, Any]] = ask(Path(self.snapshot.name), "io list")[0]["rows"]
        return rows


def recorded(cwd: Path, source: str, **options: Any) -> Recorded:
    """What is left of a program that begins and ends as above."""
    outcome = service(cwd, BEGINNING + source + END, **options)
    assert (outcome.status, outcome.err) == (0, "")
    return Recorded(Snapshot.open(outcome.snapshot()), *ast.literal_eval(outcome.out))


def events(snapshot: Snapshot, **wanted: object) -> list[Event]:
    return [
        event for event in snapshot.events if all(getattr(event, field) == value for field, value in wanted.items())
    ]


def test_each_descriptor_is_told_with_the_line_that_opened_it(tmp_path: Path) -> None:
    found = recorded(
        tmp_path,
        """
class Pool:
    def get(self):
        return opened(socket.create_connection(listener.getsockname()))

def in_thread():
    opened(os.open("/dev/null", os.O_RDONLY))

def database():
    connection = sqlite3.connect("a.db"); connection.execute("create table a (b)"); return connection

keep = []
listener = opened(socket.create_server(("127.0.0.1", 0)))
keep += [Pool().get(), opened(listener.accept()[0]), opened(open("a.txt", "w")), opened(os.open(".", os.O_RDONLY))]
for end in socket.socketpair(): keep.append(opened(end))
for end in os.pipe(): opened(end)
keep += [opened(os.dup(0)), opened(select.epoll()), opened(os.eventfd(0)), opened(os.memfd_create("a"))]
keep += [opened(tempfile.TemporaryFile()), opened(tempfile.mkstemp()[0])]
def piped(*command, all=subprocess.PIPE): return subprocess.Popen(command, stdin=all, stdout=all, stderr=all)
process = piped("cat")
in_piped = f"app.py:{piped.__code__.co_firstlineno} in piped"
for end in (process.stdin, process.stdout, process.stderr): places[end.fileno()] = in_piped
opened(os.dup2(1, 77))
a, b = socket.socketpair(); opened(a), opened(b)
socket.send_fds(a, [b"."], [0])
opened(socket.recv_fds(b, 10, 1)[1][0])
thread = threading.Thread(target=in_thread); thread.start(); thread.join()
entries = os.scandir("."); next(entries, None)
file = open("a.txt", "r+b"); opened(file); os.ftruncate(file.fileno(), 1); mapped = mmap.mmap(file.fileno(), 0)
base = database()
""",
    )
    rows = {row["fd"]: row for row in found.rows}

    assert len(found.places) > 20
    assert {fd: rows[fd]["opened_at"] for fd in found.places} == found.places
    told = {fd: row["opened_at"] for fd, row in rows.items() if row["opened_at"]}
    assert {place.partition(" in ")[2] for place in told.values()} == {
        "<module>",
        "Pool.get",
        "piped",
        "in_thread",
        "database",
    }
    assert told.keys() == {opening.fd for opening in found.snapshot.openings}
    assert {row["class"] for fd, row in rows.items() if fd not in told} <= {"standard", "inherited"}


def test_what_was_open_before_has_no_opening(tmp_path: Path) -> None:
    outcome = service(
        tmp_path,
        """
        import os
        early = open("early.txt", "w")
        import pyhandles
        pyhandles.install("it.pkl", on=(), quiet=True, record=True)
        late = open("late.txt", "w")
        pyhandles.capture()
        """,
    )
    rows = {Path(row["target"]).name: row["opened_at"] for row in ask(outcome.snapshot(), "io list")[0]["rows"]}

    assert rows["early.txt"] is None
    assert rows["late.txt"] == "app.py:6 in <module>"


def test_the_owner_of_a_number_that_was_given_out_again_is_told_nothing_of_its_opening(tmp_path: Path) -> None:
    found = recorded(
        tmp_path,
        """
lost = socket.socket(); fd = lost.fileno(); os.close(fd); atexit.register(lost.detach)
file = opened(open("a.txt", "w")); assert file.fileno() == fd
""",
    )
    assert {row["state"]: row["opened_at"] for row in found.rows if row["class"] not in {"standard", "inherited"}} == {
        "open": next(iter(found.places.values())),
        "stale": None,
    }


def test_events_are_those_that_were_in_their_order(tmp_path: Path) -> None:
    snapshot, _, names = recorded(
        tmp_path,
        """
began = time.time_ns()
fd = os.open("a.txt", os.O_CREAT | os.O_RDWR); os.close(fd)
first, second = os.pipe()
copy = os.dup(first)
try: os.open("missing", os.O_RDONLY)
except OSError: pass
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
wire = socket.socket(socket.AF_INET6); wire.bind(("::1", 0)) if socket.has_ipv6 else None
local = socket.socket(socket.AF_UNIX); local.bind("a.sock")
hidden = socket.socket(socket.AF_UNIX); hidden.bind("\\0hidden")
over = time.time_ns()
names.update(fd=fd, first=first, second=second, copy=copy, began=began, over=over)
""",
    )
    [opened], [closed] = events(snapshot, fd=names["fd"], detail="a.txt"), events(snapshot, call="close")
    assert (opened.result, opened.errno, opened.flags) == (names["fd"], 0, EventFlag.OPENED)
    assert (closed.fd, closed.flags, closed.result) == (names["fd"], EventFlag.CLOSED, 0)
    [pipe] = events(snapshot, call="pipe2")
    assert (pipe.fd, pipe.other, pipe.flags) == (names["first"], names["second"], EventFlag.OPENED)
    [copy] = [event for event in snapshot.events if event.call == "fcntl" and event.flags]
    assert (copy.fd, copy.other) == (names["copy"], names["first"])
    [missing] = events(snapshot, detail="missing")
    assert (missing.fd, missing.errno, missing.flags, missing.result) == (-1, errno.ENOENT, 0, -1)
    bound = [event.detail for event in snapshot.events if event.call == "bind"]
    assert bound in (["127.0.0.1:0", "[::1]:0", "a.sock", "@hidden"], ["127.0.0.1:0", "a.sock", "@hidden"])

    all_events = list(snapshot.events)
    assert [event.sequence for event in all_events] == list(range(1, len(all_events) + 1))
    assert snapshot.header.recorder is not None
    assert snapshot.header.recorder["events"] == len(all_events)
    # Two clocks are read one after the other, and one may be set meanwhile: a second is enough to tell them apart.
    assert names["began"] - 10**9 < opened.time < names["over"] + 10**9
    assert {event.thread for event in all_events} == {snapshot.threads[0].native}
    assert all(stack_texts(snapshot, event.stack) for event in all_events)


def test_of_a_long_name_the_end_is_told_and_of_a_long_address_the_beginning(tmp_path: Path) -> None:
    snapshot, _, _ = recorded(
        tmp_path,
        """
long = "é" * 90
for name in ("d" * 20 + "/" + "e" * 30 + "/" + "f" * 20, long):
    try: os.open(name, os.O_RDONLY)
    except OSError: pass
local = socket.socket(socket.AF_UNIX); local.bind("s" * 80)
""",
    )
    names = [event.detail for event in snapshot.events if event.errno == errno.ENOENT]
    [bound] = events(snapshot, call="bind")

    assert names == ["…/" + "e" * 30 + "/" + "f" * 20, "…" + "é" * 28]
    assert bound.detail == "s" * 54 + "…"


def test_many_events_leave_the_last_of_all_and_the_last_of_each_number(tmp_path: Path) -> None:
    snapshot, _, names = recorded(
        tmp_path,
        """
kept = os.open("a.txt", os.O_CREAT | os.O_RDWR)
for _ in range(10_000): os.close(os.open("/dev/null", os.O_RDONLY))
names["kept"] = kept
""",
    )
    assert snapshot.header.recorder is not None
    sequences = [event.sequence for event in snapshot.events]

    assert snapshot.header.recorder["events"] == 20_001
    assert sequences == [1, *range(20_001 - len(sequences) + 2, 20_002)]
    assert len(events(snapshot, fd=names["kept"])) == 1
    assert {event.generation for event in snapshot.events if event.fd == names["kept"] + 1} <= set(range(10_001))


def test_counters_have_the_calls_and_their_errors_by_site(tmp_path: Path) -> None:
    snapshot, _, _ = recorded(
        tmp_path,
        """
def leave():
    for fd in range(500, 1500):
        try: os.close(fd)
        except OSError: pass
leave()
""",
    )
    [row] = [row for row, counter in enumerate(snapshot.counters) if counter.errors]
    counter = snapshot.counters[row]

    assert (counter.call, counter.count, counter.errors, counter.unopened) == ("close", 1000, 1000, 1000)
    assert (counter.run_first, counter.run_last) == (500, 1499)
    assert snapshot.sites[counter.site].function == "leave"
    assert list(snapshot.counter_errors) == [(row, errno.EBADF, 1000)]


def test_counters_know_what_forked_children_did(tmp_path: Path) -> None:
    snapshot, _, _ = recorded(
        tmp_path,
        """
def in_child():
    for _ in range(7): os.close(os.open("/dev/null", os.O_RDONLY))
    os._exit(0)
os.fork() or in_child()
os.wait()
""",
    )
    counts = [
        (counter.call, counter.count)
        for counter in snapshot.counters
        if counter.flags & CounterFlag.IN_CHILDREN and snapshot.sites[counter.site].function == "in_child"
    ]

    assert sorted(counts) == [("close", 7), ("open", 7)]


def test_a_forked_child_tells_which_process_opened_what(tmp_path: Path) -> None:
    outcome = service(
        tmp_path,
        """
        import os, pyhandles
        pyhandles.install("it.pkl", on=(), quiet=True, record=True)
        first = open("a.txt", "w")
        if os.fork() == 0:
            second = open("b.txt", "w")
            pyhandles.capture("child.pkl")
            print(first.fileno(), os.getppid(), second.fileno(), os.getpid(), flush=True)
            os._exit(0)
        os.wait()
        """,
    )
    first, parent, second, child = map(int, outcome.out.split())

    openings = Snapshot.open(outcome.snapshot()).openings

    assert [(opening.fd, opening.pid) for opening in openings] == [(first, parent), (second, child)]


def test_misuse_is_told_with_the_stacks_of_the_close_before_and_of_the_opening(tmp_path: Path) -> None:
    outcome = service(
        tmp_path,
        BEGINNING
        + """
def opening(): return os.open("/dev/null", os.O_RDONLY)
def closing(fd): os.close(fd)
def again(fd):
    try: os.close(fd)
    except OSError: pass
fd = opening(); closing(fd); again(fd); again(fd)
pyhandles.capture()
""",
    )
    snapshot = Snapshot.open(outcome.snapshot())
    [misuse] = snapshot.misuses

    assert (misuse.kind, misuse.count, misuse.call) == (MisuseKind.DOUBLE_CLOSE, 2, "close")
    places = [
        (stack_site_text(snapshot, stack) or "").partition(" in ")[2]
        for stack in (misuse.stack, misuse.closed_stack, misuse.opened_stack)
    ]
    assert places == ["again", "closing", "opening"]
    assert 0 < misuse.opened_time < misuse.closed_time < misuse.time


@pytest.mark.parametrize("fork", [True, False])
def test_at_emfile_leaks_say_where_they_were_opened(tmp_path: Path, fork: bool) -> None:
    outcome = service(
        tmp_path,
        f"""
        import pyhandles
        pyhandles.install("it.pkl", on=("emfile",), quiet=True, record=True, fork={fork})
        kept = []
        def leak():
            kept.append(open("/dev/null"))
        try:
            while True: leak()
        except OSError: pass
        """,
        limit=64,
    )
    [largest, *_] = ask(outcome.snapshot(), "leaks")[0]["rows"]

    assert largest["opened_at"] == {"app.py:6 in leak": largest["count"]}


@pytest.mark.parametrize("beginning", ["pyhandles.install('it.pkl', on=(), quiet=True)", RECORDED_AND_STOPPED])
def test_where_no_recorder_runs_nothing_is_told(tmp_path: Path, beginning: str) -> None:
    outcome = service(tmp_path, f"import os, pyhandles\n{beginning}\nfile = open('a.txt', 'w')\npyhandles.capture()\n")
    snapshot = Snapshot.open(outcome.snapshot())

    assert snapshot.header.recorder is None
    assert not any(len(column) for table in RECORDED_TABLES for column in snapshot.tables[table].values())
    assert {row["opened_at"] for row in ask(outcome.snapshot(), "io list")[0]["rows"]} == {None}


def test_in_development_mode_nothing_is_warned_of(tmp_path: Path) -> None:
    app = script(tmp_path, "import pyhandles\nwith pyhandles.install(on=(), record=True): open('a.txt', 'w').close()\n")

    outcome = python("-X", "dev", "-W", "error", app, cwd=tmp_path)

    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
