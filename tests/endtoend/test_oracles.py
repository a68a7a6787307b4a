"""What a snapshot says of a process's descriptors and sockets, against what `ss` and `lsof` say of the same process.

The program waits meanwhile, so all three see the same. It has sockets of every kind and state, files and pipes, a child
that has some of them too, and a thousand more sockets where a figure is wanted: ``PYHANDLES_MANY=1000``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pyhandles
from tests.collectors import native_only
from tests.endtoend.service import ROOT, script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket
    from pyhandles.snapshot.records import Descriptor

pytestmark = native_only("tells nothing of the surroundings")

MANY = int(os.environ.get("PYHANDLES_MANY", "0"))

PROGRAM = """
import fcntl, os, resource, select, socket, sys, termios, time
import pyhandles

kept = []
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

def connection(server):
    client = socket.create_connection(server.getsockname()[:2])
    kept.extend([client, server.accept()[0]])
    return kept[-2:]

for family, host in [(socket.AF_INET, "127.0.0.1"), *([(socket.AF_INET6, "::1")] if socket.has_ipv6 else [])]:
    server = socket.create_server((host, 0), family=family, backlog=9)
    kept.append(server)
    for number in range(5):
        client, accepted = connection(server)
        client.send(b"x" * number)
    client, accepted = connection(server)
    client.shutdown(socket.SHUT_WR)
    while client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\\5":
        time.sleep(0.001)
    client, accepted = connection(server)
    accepted.close(), client.recv(1), client.close()
    kept.append(socket.create_connection(server.getsockname()[:2]))
    for number in range(3):
        bound, connected = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        bound.bind((host, 0))
        connected.connect(bound.getsockname())
        connected.send(b"y" * 100 * number)
        kept += [bound, connected, socket.socket(family, socket.SOCK_DGRAM), socket.socket(family)]
    only_bound = socket.socket(family)
    only_bound.bind((host, 0))
    kept.append(only_bound)
if socket.has_dualstack_ipv6():
    server = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    kept += [server, socket.create_connection(("127.0.0.1", server.getsockname()[1])), server.accept()[0]]

for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    server = socket.socket(socket.AF_UNIX, kind)
    server.bind(os.path.abspath(f"{kind.name}.sock"))
    server.listen(4)
    kept.append(server)
    for _ in range(3):
        client = socket.socket(socket.AF_UNIX, kind)
        client.connect(server.getsockname())
        kept += [client, server.accept()[0]]
    waiting = socket.socket(socket.AF_UNIX, kind)
    waiting.connect(server.getsockname())
    kept.append(waiting)
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    pair = socket.socketpair(socket.AF_UNIX, kind)
    pair[0].send(b"12345678")
    kept += [*pair, *socket.socketpair(socket.AF_UNIX, kind)]
named = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
named.bind(f"\\0pyhandles-oracle-{os.getpid()}")
talks = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
talks.connect(named.getsockname())
kept += [named, talks, socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)]

kept += [open("file", "w"), open("file"), open("/dev/null"), os.pipe(), os.pipe(), os.dup(1), select.epoll()]
os.mkdir("directory")
kept.append(os.open("directory", os.O_RDONLY))

server = socket.create_server(("127.0.0.1", 0), backlog=128)
kept.append(server)
for _ in range(int(sys.argv[1]) // 2):
    connection(server)

may_end, ready = os.pipe(), os.pipe()
if os.fork() == 0:
    own = socket.create_server(("127.0.0.1", 0))
    kept.append(own)
    os.closerange(10, 20)
    os.close(may_end[1])
    os.write(ready[1], b"x")
    os.read(may_end[0], 1)
    os._exit(0)
os.read(ready[0], 1)
os.close(may_end[0])

def is_under_way(each):
    # Its last bytes may not have been acknowledged yet, and count as unsent until then.
    if not isinstance(each, socket.socket) or each.fileno() < 0 or each.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    if each.type != socket.SOCK_STREAM or each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return False
    return fcntl.ioctl(each, termios.TIOCOUTQ, bytes(4)) != bytes(4)

while any(map(is_under_way, kept)):
    time.sleep(0.001)
print(os.getpid(), flush=True)
sys.stdin.readline()
pyhandles.capture("it.pkl")
print("captured", flush=True)
sys.stdin.read()
"""

STATES = [
    "",
    "ESTAB",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "UNCONN",
    "CLOSE-WAIT",
    "LAST-ACK",
]
STATES += ["LISTEN", "CLOSING"]
INTERNET = {2, 10}


@dataclass(frozen=True, slots=True)
class Seen:
    """A socket as `ss` shows it, with whoever has it as pairs of pid and descriptor."""

    kind: str
    state: str
    unread: int
    unsent: int
    local: str
    peer: str
    inode: int = field(compare=False)
    holders: frozenset[tuple[int, int]] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Running:
    """The process, its snapshot, and what ss said before that was made."""

    pid: int
    snapshot: Path
    before: list[Seen]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("oracle")
    program = script(directory, PROGRAM)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, program, str(MANY)]
    with subprocess.Popen(
        words, cwd=directory, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.wait()
        before = seen_by_ss() if shutil.which("ss") else []
        process.stdin.write("capture\n")
        process.stdin.flush()
        assert process.stdout.readline() == "captured\n"
        yield Running(int(line), directory / "it.pkl", before)
        process.communicate()


@pytest.fixture(scope="module")
def snapshot(running: Running) -> Snapshot:
    return pyhandles.load(running.snapshot).model


def told(package: str, *words: str) -> list[str]:
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not here; it is in the package {package}")
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()


# ---- ss ------------------------------------------------------------------------------------------------------------


def seen_by_ss() -> list[Seen]:
    internet = told("iproute2", "ss", "-tunapeOH")
    return [of_internet(line) for line in internet] + [of_unix(line) for line in told("iproute2", "ss", "-xapOH")]


def holders(line: str) -> frozenset[tuple[int, int]]:
    return frozenset((int(pid), int(fd)) for pid, fd in re.findall(r"pid=(\d+),fd=(\d+)", line))


def of_internet(line: str) -> Seen:
    kind, state, unread, unsent, local, peer, *_ = line.split()
    number = re.search(r" ino:(\d+)", line)
    inode = int(number[1]) if number else 0
    local = f"[::]{local.removeprefix('*')}" if local.startswith("*:") else local
    return Seen(kind, state, int(unread), int(unsent), local, "" if peer.endswith(":*") else peer, inode, holders(line))


def of_unix(line: str) -> Seen:
    kind, state, unread, unsent, local, inode, _peer, peer_inode, *_ = line.split()
    local = "" if local == "*" else local
    return Seen(kind, state, int(unread), int(unsent), local, peer_inode, int(inode), holders(line))


def as_ss_says(row: Socket, holders: frozenset[tuple[int, int]]) -> Seen:
    if row.family in INTERNET:
        kind, peer = {6: "tcp", 17: "udp"}[row.protocol], row.peer or ""
    else:
        kind, peer = {1: "u_str", 2: "u_dgr", 5: "u_seq"}[row.socktype], str(row.peer_inode)
    return Seen(kind, STATES[row.state], row.unread, row.unsent, row.local or "", peer, row.inode, holders)


@pytest.fixture(scope="module")
def by_ss(running: Running) -> list[Seen]:  # noqa: ARG001 - it is to run
    return seen_by_ss()


@pytest.fixture(scope="module")
def by_snapshot(snapshot: Snapshot) -> list[Seen]:
    holding = defaultdict(set)
    pid = snapshot.header.process["pid"]
    for row in snapshot.descriptors:
        holding[row.inode].add((pid, row.fd))
    for held in snapshot.held_elsewhere:
        holding[held.inode].add((held.pid, held.fd))
    seen = [as_ss_says(row, frozenset(holding[row.inode]) if row.inode else frozenset()) for row in snapshot.sockets]
    # One that is bound, and neither listens nor is connected, ss shows only if it is new and asked to.
    return [each for each in seen if (each.kind, each.state) != ("tcp", "UNCONN")]


def of_process(seen: list[Seen], pid: int) -> dict[int, Seen]:
    return {each.inode: each for each in seen if any(holder == pid for holder, _ in each.holders)}


def test_every_socket_of_the_process_agrees_with_ss(
    running: Running, by_ss: list[Seen], by_snapshot: list[Seen]
) -> None:
    expected, found = of_process(by_ss, running.pid), of_process(by_snapshot, running.pid)

    assert len(expected) > 70
    assert found == expected
    kinds = {(each.kind, each.state) for each in expected.values()}
    assert {
        ("tcp", "LISTEN"),
        ("tcp", "FIN-WAIT-2"),
        ("tcp", "CLOSE-WAIT"),
        ("udp", "UNCONN"),
        ("udp", "ESTAB"),
    } <= kinds
    assert {("u_str", "LISTEN"), ("u_seq", "ESTAB"), ("u_dgr", "ESTAB")} <= kinds


def test_whoever_has_one_of_them_agrees_with_ss(
    running: Running, snapshot: Snapshot, by_ss: list[Seen], by_snapshot: list[Seen]
) -> None:
    [child] = [row.pid for row in snapshot.processes if row.parent == running.pid]
    for pid in (running.pid, child):
        expected, found = of_process(by_ss, pid), of_process(by_snapshot, pid)
        assert {inode: seen.holders for inode, seen in found.items()} == {
            inode: seen.holders for inode, seen in expected.items()
        }
    theirs = of_process(by_ss, child).keys() - of_process(by_ss, running.pid).keys()
    assert len(theirs) == 1, "what the child opened for itself"


def test_what_nobody_has_at_our_ports_agrees_with_ss(
    running: Running, by_ss: list[Seen], by_snapshot: list[Seen]
) -> None:
    """Such sockets go on from state to state by themselves: ss was asked before, too."""
    ours = {seen.local for seen in by_snapshot if seen.holders and seen.kind == "tcp"}

    before, found, after = (
        {repr(s) for s in seen if s.inode == 0 and s.local in ours} for seen in (running.before, by_snapshot, by_ss)
    )

    assert before & after <= found <= before | after
    assert any("TIME-WAIT" in each for each in found)
    assert any("ESTAB" in each for each in found), "one that waits to be accepted"


def test_whatever_listens_on_the_machine_agrees_with_ss(
    running: Running, by_ss: list[Seen], by_snapshot: list[Seen]
) -> None:
    before = {seen.inode for seen in running.before}
    listening = {seen.inode: seen for seen in by_ss if seen.state == "LISTEN" and seen.inode in before}

    found = {seen.inode: seen for seen in by_snapshot if seen.inode in listening}

    assert len(listening) >= 5
    assert {inode: (seen.kind, seen.local) for inode, seen in found.items()} == {
        inode: (seen.kind, seen.local) for inode, seen in listening.items()
    }


# ---- lsof ----------------------------------------------------------------------------------------------------------


def by_lsof(pid: int) -> dict[int, dict[str, str]]:
    """The fields of each descriptor, by the letters that `lsof -F` gives them."""
    found: dict[int, dict[str, str]] = {}
    fields: dict[str, str] = {}
    for line in told("lsof", "lsof", "-nP", "-p", str(pid), "-T", "qs", "-F", "fatndDiPT"):
        letter, text = line[0], line[1:]
        if letter == "f":
            fields = {}
            if text.isdigit():
                found[int(text)] = fields
        elif letter == "T":
            fields[text.partition("=")[0]] = text.partition("=")[2]
        else:
            fields[letter] = text
    return found


@pytest.fixture(scope="module")
def fields(running: Running) -> dict[int, dict[str, str]]:
    return by_lsof(running.pid)


def access(row: Descriptor) -> str:
    return {os.O_RDONLY: "r", os.O_WRONLY: "w", os.O_RDWR: "u"}[row.flags & os.O_ACCMODE]


def internet_name(row: Descriptor) -> str:
    """As lsof writes it."""
    local = (row.local or "").replace("[::]:", "*:").replace("0.0.0.0:", "*:")
    return f"{local}->{row.peer}" if row.peer else local


def test_every_descriptor_agrees_with_lsof(snapshot: Snapshot, fields: dict[int, dict[str, str]]) -> None:
    descriptors = {row.fd: row for row in snapshot.descriptors}
    assert sorted(fields) == sorted(descriptors)
    for fd, row in descriptors.items():
        seen = fields[fd]
        assert seen["a"].strip() == access(row), seen
        if seen["t"] in {"IPv4", "IPv6"}:
            assert int(seen["d"]) == row.inode, seen
            assert seen["n"].replace("[::ffff:127.0.0.1]", "127.0.0.1") == internet_name(row).replace(
                "[::ffff:127.0.0.1]", "127.0.0.1"
            ), seen
        else:
            assert int(seen["i"]) == row.inode, seen
        if seen["t"] in {"REG", "DIR", "CHR"}:
            assert seen["n"] == row.link, seen
        if seen["t"] == "unix":
            assert seen["n"].partition("type=")[0].strip() == row.local, seen


def test_states_and_queues_agree_with_lsof(snapshot: Snapshot, fields: dict[int, dict[str, str]]) -> None:
    states = {"ESTABLISHED": 1, "FIN_WAIT2": 5, "CLOSE_WAIT": 8, "LISTEN": 10, "SYN_RECV": 3}
    sockets = {row.inode: row for row in snapshot.sockets}
    compared = 0
    for row in snapshot.descriptors:
        seen = fields[row.fd]
        if seen["t"] in {"IPv4", "IPv6"} and row.inode in sockets:
            socket = sockets[row.inode]
            compared += 1
            assert "ST" not in seen or states.get(seen["ST"]) == socket.state, seen
            assert int(seen["QR"]) == socket.unread, seen
            # Of one that listens, lsof does not say how many may wait.
            assert socket.state == 10 or int(seen["QS"]) == socket.unsent, seen
    assert compared > 30
