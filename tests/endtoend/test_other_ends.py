"""The other end of each descriptor of a real program, which says itself what that is."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from pyhandles.snapshot import Snapshot
from tests.collectors import PORTABLE
from tests.endtoend.service import ask, service

ENDS = """
import codecs, os, pty, resource, socket, subprocess, sys
import pyhandles

# An ordinary user may not be let into the folder of this Python: what will be needed is imported before.
codecs.lookup("idna")
pyhandles.install("it.pkl", on=(), quiet=True)
pyhandles.uninstall()
if "ordinary" in sys.argv and os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)

pyhandles.install("it.pkl", on=(), quiet=True)
want = {}

def number(end):
    return end if isinstance(end, int) else end.fileno()

def both(name, one, other):
    one, other = number(one), number(other)
    want[name] = [(one, "here", [other], None, None), (other, "here", [one], None, None)]

def end(name, fd, where, pid=None, its_fd=None):
    want[name] = [(number(fd), where, [], pid, its_fd)]

def connected(family, host, client_host):
    listener = socket.create_server((host, 0), family=family, dualstack_ipv6=family == socket.AF_INET6)
    client = socket.create_connection((client_host, listener.getsockname()[1]))
    return listener, client, listener.accept()[0]

reading, writing = os.pipe()
both("pipe", reading, writing)
one, other = socket.socketpair()
both("socket pair", one, other)
os.mkfifo("fifo")
fifo_reading = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
fifo_writing = os.open("fifo", os.O_WRONLY)
both("fifo", fifo_reading, fifo_writing)
master, slave = pty.openpty()
both("pty", master, slave)
listener, client, server = connected(socket.AF_INET, "127.0.0.1", "127.0.0.1")
both("tcp", client, server)
if socket.has_dualstack_ipv6():
    listener6, client6, server6 = connected(socket.AF_INET6, "::", "127.0.0.1")
    both("tcp of both kinds", client6, server6)
udp, udp2 = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
udp.bind(("127.0.0.1", 0))
udp2.connect(udp.getsockname())
udp.connect(udp2.getsockname())
both("udp", udp, udp2)
named = socket.socket(socket.AF_UNIX)
named.bind("named.sock")
named.listen()
unix = socket.socket(socket.AF_UNIX)
unix.connect("named.sock")
accepted, _ = named.accept()
both("unix", unix, accepted)

half_read, half_write = os.pipe()
os.close(half_write)
end("half a pipe", half_read, "gone")
half_pair, gone = socket.socketpair()
gone.close()
end("half a socket pair", half_pair, "gone")
end_of_master, slave_of_it = pty.openpty()
os.close(slave_of_it)
end("half a pty", end_of_master, "gone")

backlog = socket.create_server(("127.0.0.1", 0))
unaccepted = socket.create_connection(backlog.getsockname())
end("not accepted", unaccepted, "kernel")
unix_unaccepted = socket.socket(socket.AF_UNIX)
unix_unaccepted.connect("named.sock")
end("unix, not accepted", unix_unaccepted, "kernel")
left = socket.create_connection(listener.getsockname())
listener.accept()[0].close()
end("closed by its other end", left, "kernel")
unix_sends, unix_passes = socket.socketpair()
on_its_way, sent = socket.socketpair()
socket.send_fds(unix_sends, [b"x"], [sent.fileno()])
sent.close()
end("in a message", on_its_way, "unseen")

child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
end("input of a child", child.stdin, "process", child.pid, 0)
end("output of a child", child.stdout, "process", child.pid, 1)
kept, given = socket.socketpair()
second = subprocess.Popen(["cat"], stdin=given)
given.close()
end("socket of a child", kept, "process", second.pid, 0)
served = socket.create_connection(listener.getsockname())
server2, _ = listener.accept()
third = subprocess.Popen(["cat"], stdin=server2)
server2.close()
end("connection of a child", served, "process", third.pid, 0)
terminal, terminal_slave = pty.openpty()
fourth = subprocess.Popen(["cat"], stdin=terminal_slave)
os.close(terminal_slave)
end("terminal of a child", terminal, "process", fourth.pid, 0)

if "full" in sys.argv:
    highest = terminal + len(want) + 50
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        while True:
            os.dup(2)
    except OSError:
        pass
pyhandles.capture()
for process in (child, second, third, fourth):
    process.kill()
    process.wait()
print(want)
"""

Row = dict[str, Any]


class Told(NamedTuple):
    """rows: of ``io list``, by descriptor. want: fd, where, fds, pid and its fd by what it is, as the program says."""

    path: Path
    rows: dict[int, Row]
    want: dict[str, list[tuple[int, str, list[int], int | None, int | None]]]


@pytest.fixture(scope="module", params=["plain", "full", "ordinary"])
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    """full: no descriptor is left. ordinary: as a user without privileges, from whom others' processes are hidden."""
    with TemporaryDirectory() as folder:  # pytest's own are not for other users
        Path(folder).chmod(0o777)
        outcome = service(Path(folder), ENDS, request.param)
        assert outcome.status == 0, outcome
        path = outcome.snapshot()
        [answer] = ask(path, "io list")
        yield Told(path, {row["fd"]: row for row in answer["rows"]}, ast.literal_eval(outcome.out))


HERE = re.findall(r'^ *both\("([^"]*)"', ENDS, re.MULTILINE)
ELSEWHERE = re.findall(r'^ *end\("([^"]*)"', ENDS, re.MULTILINE)


def is_all_visible(path: Path) -> bool:
    kernel = Snapshot.open(path).header.kernel
    return kernel["processes"] is None and kernel["hidden"] == 0


@pytest.mark.parametrize("name", HERE)
def test_the_other_end_is_here(told: Told, name: str):
    if PORTABLE and name in {"socket pair", "unix", "pty"}:
        pytest.skip("the portable collector: the numbers of Unix sockets' and terminals' other ends are not asked for")
    for fd, _, fds, _, _ in told.want.get(name, ()):
        assert told.rows[fd]["end"] == {"where": "here", "fds": fds, "pid": None, "fd": None}


@pytest.mark.skipif(PORTABLE, reason="the portable collector asks for nothing of what is around")
@pytest.mark.parametrize("name", dict.fromkeys(ELSEWHERE))
def test_the_other_end_is_not_here(told: Told, name: str):
    [(fd, where, _, pid, its_fd)] = told.want[name]
    sees_all = is_all_visible(told.path)
    expected = where if sees_all or name not in {"half a pipe", "half a pty"} else "unseen"

    assert told.rows[fd]["end"] == {"where": expected, "fds": [], "pid": pid, "fd": its_fd}, told.rows[fd]


LEAK = """
import os, socket
import pyhandles

class Link:
    def __init__(self):
        self.left, self.right = socket.socketpair()

class Channel:
    def __init__(self):
        reading, writing = os.pipe()
        self.reader, self.writer = open(reading, "rb"), open(writing, "wb")

class Half:
    def __init__(self):
        self.kept, gone = socket.socketpair()
        gone.close()

LINKS = [Link() for _ in range(60)]
CHANNELS = [Channel() for _ in range(50)]
HALVES = [Half() for _ in range(40)]
pyhandles.install("it.pkl", on=(), quiet=True)
pyhandles.capture()
"""


def leaks(cwd: Path) -> list[Row]:
    outcome = service(cwd, LEAK)
    assert outcome.status == 0, outcome
    answer, ledger = ask(outcome.snapshot(), "leaks", "ledger")
    by_class: dict[str, int] = {}
    for row in answer["rows"]:
        by_class[row["class"]] = by_class.get(row["class"], 0) + row["count"]
    assert by_class == {name: count for name, count in ledger["classes"].items() if count}
    return answer["rows"]


@pytest.mark.skipif(PORTABLE, reason="the portable collector: socket pairs are not told from other Unix sockets")
def test_socket_pairs_and_pipes_that_leak_are_one_finding_each(tmp_path: Path):
    first, second, third, *_ = leaks(tmp_path)

    assert (first["count"], first["both_ends"], len(first["fds"])) == (120, "60 socket pairs", 120)
    assert (second["count"], second["both_ends"]) == (100, "50 pipes")
    assert (third["count"], third["both_ends"], third["holder"]) == (40, None, "Half.kept")


def test_pipes_need_nothing_of_what_is_around(tmp_path: Path):
    [pipes] = [row for row in leaks(tmp_path) if row["kinds"] == {"pipe": 100}]

    assert pipes["both_ends"] == "50 pipes"
    assert pipes["accumulation"] == "__main__.CHANNELS, a list of 50"


@pytest.mark.skipif(PORTABLE, reason="the portable collector: socket pairs are not told from other Unix sockets")
def test_the_signature_is_that_of_every_run(tmp_path: Path):
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        runs.append({row["signature"] for row in leaks(tmp_path / name)})

    assert json.dumps(sorted(runs[0])) == json.dumps(sorted(runs[1]))
