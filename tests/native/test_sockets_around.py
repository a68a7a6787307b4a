"""The sockets of the system that have to do with this process, in every state, however the kernel is asked for them."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pyhandles
from tests.collectors import native_only
from tests.endtoend.service import python, script
from tests.native.scenes import played

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import Socket

pytestmark = native_only("tells nothing of the surroundings")

ESTABLISHED, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, UNCONNECTED, CLOSE_WAIT, LISTEN = 1, 4, 5, 6, 7, 8, 10
TCP, UDP, UNIX = (2, 1, 6), (2, 2, 17), (1, 1, 0)
TCP6, UDP6 = (10, 1, 6), (10, 2, 17)

PROGRAM = """
import ctypes, encodings.idna, json, os, resource, socket, sys, threading, time
import pyhandles
from tests import seccomp

pyhandles.install("it.pkl", on=("emfile",), quiet=True, fork={fork})
{before}

noted, kept = {}, []

def note(name, sock, peer=None):
    kept.append(sock)
    noted[name] = {"inode": os.fstat(sock.fileno()).st_ino, "fd": sock.fileno(), "uid": os.geteuid()}
    if sock.family != socket.AF_UNIX:
        noted[name]["port"] = sock.getsockname()[1]
    return sock

def connection(server):
    client = socket.create_connection(server.getsockname()[:2])
    return client, server.accept()[0]

server = note("server", socket.create_server(("127.0.0.1", 0), backlog=7))
client, accepted = connection(server)
note("client", client), note("accepted", accepted)
client.send(b"12345")

half, noticed = connection(server)
note("half closed", half).shutdown(socket.SHUT_WR)
while half.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != b"\5":
    time.sleep(0.001)
note("not noticed", noticed)

first, second = connection(server)
noted["time wait"] = {"port": first.getsockname()[1]}
second.close(), first.recv(1), first.close()

gone, left = connection(server)
noted["orphan"] = {"port": gone.getsockname()[1]}
note("left behind", left), gone.close()

note("waiting", socket.create_connection(server.getsockname()))

bound = note("udp", socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
bound.bind(("127.0.0.1", 0))
noted["udp"]["port"] = bound.getsockname()[1]
talking = note("udp to it", socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
talking.connect(bound.getsockname())
noted["udp to it"]["port"] = talking.getsockname()[1]

if socket.has_dualstack_ipv6():
    six = note("server of both", socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True))
    four = note("client by IPv4", socket.create_connection(("127.0.0.1", six.getsockname()[1])))
    note("accepted by IPv4", six.accept()[0])
    local = note("udp6", socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
    local.bind(("::1", 0))
    noted["udp6"]["port"] = local.getsockname()[1]

listening = note("unix server", socket.socket(socket.AF_UNIX))
listening.bind(os.path.abspath("it.sock"))
listening.listen(5)
note("unix client", socket.socket(socket.AF_UNIX)).connect(os.path.abspath("it.sock"))
note("unix accepted", listening.accept()[0])
note("unix waiting", socket.socket(socket.AF_UNIX)).connect(os.path.abspath("it.sock"))
note("abstract", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind(f"\\0pyhandles {os.getpid()}")
note("to the abstract", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).connect(f"\\0pyhandles {os.getpid()}")
left, right = socket.socketpair()
note("pair", left), note("its other", right)

told, may_end = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    alone = socket.create_server(("127.0.0.1", 0))
    own = socket.create_connection(alone.getsockname()), alone.accept()[0]
    ports = alone.getsockname()[1], own[0].getsockname()[1]
    os.write(told[1], json.dumps(ports).encode())
    os.close(may_end[1])
    taken = [alone.accept()[0] for _ in range(2)]
    os.write(told[1], b"x")
    os.read(may_end[0], 1)
    os._exit(0)
port, its_client = json.loads(os.read(told[0], 100))
noted["child's"] = {"port": port, "pid": child}
noted["child's client"] = {"port": its_client}
note("served by the child", socket.create_connection(("127.0.0.1", port)))

in_use = socket.create_connection(("127.0.0.1", port))
noted["closed in a call"] = {"inode": os.fstat(in_use.fileno()).st_ino, "port": in_use.getsockname()[1]}
reader = threading.Thread(target=in_use.recv, args=(1,), daemon=True)
reader.start()
while open(f"/proc/self/task/{reader.native_id}/syscall").read().split()[0] not in {"45", "207"}:  # recvfrom
    time.sleep(0.001)
os.close(in_use.detach())
os.read(told[0], 1)  # the child has taken both
{act}
while not os.path.exists("it.pkl"):
    time.sleep(0.01)
os.close(may_end[1])
print(json.dumps(noted))
"""

CAPTURE = "pyhandles.capture()"
EMFILE = """
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 3,) * 2)
try:
    while True:
        kept.append(open(os.devnull))
except OSError as error:
    print(error.errno, file=sys.stderr)
"""
ORDINARY = """
os.setgroups([]), os.setgid(65534), os.setuid(65534)
PR_SET_DUMPABLE = 4
ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1)  # as it is where nobody was root before
"""
REFUSED = "seccomp.refuse_netlink()"

MANNERS = {
    "by fork": {},
    "in place": {"fork": "False"},
    "at the limit": {"act": EMFILE},
    "at the limit, in place": {"act": EMFILE, "fork": "False"},
    "refused": {"before": REFUSED},
    "refused, at the limit, in place": {"before": REFUSED, "act": EMFILE, "fork": "False"},
    "ordinary user": {"before": ORDINARY},
}


class Scene:
    """What the program noted of its sockets, and what the snapshot says of them."""

    def __init__(self, noted: dict[str, dict[str, Any]], snapshot: Snapshot) -> None:
        self.noted = noted
        self.snapshot = snapshot

    def __getitem__(self, name: str) -> Socket:
        """The row of a socket of the program's."""
        [row] = [row for row in self.snapshot.sockets if row.inode == self.noted[name]["inode"]]
        return row

    def address(self, name: str, host: str = "127.0.0.1") -> str:
        return f"{host}:{self.noted[name]['port']}"

    def at(self, local: str | None, peer: str | None = None) -> list[Socket]:
        return [row for row in self.snapshot.sockets if (row.local, row.peer) == (local, peer)]

    @property
    def was_refused(self) -> bool:
        return self.snapshot.header.kernel["sockets"] is not None  # type: ignore[index]


@pytest.fixture(scope="module", params=MANNERS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    default = {"before": "", "fork": "True", "act": CAPTURE}
    outcome = played(tmp_path_factory, PROGRAM, default | MANNERS[request.param], request.param)
    assert outcome.status == 0, outcome
    assert outcome.err == ("24\n" if "limit" in request.param else "")
    return Scene(json.loads(outcome.out), pyhandles.load(outcome.snapshot()).model)


def kind(row: Socket) -> tuple[int, int, int]:
    return row.family, row.socktype, row.protocol


def test_one_that_listens_with_those_that_wait_to_be_accepted(scene: Scene) -> None:
    row = scene["server"]
    assert (kind(row), row.state, row.local, row.peer) == (TCP, LISTEN, scene.address("server"), None)
    assert (row.unread, row.unsent) == (1, 0 if scene.was_refused else 7)
    assert row.uid == scene.noted["server"]["uid"]

    [waits] = scene.at(scene.address("server"), scene.address("waiting"))
    assert (waits.inode, waits.state) == (0, ESTABLISHED)


def test_both_ends_of_a_connection_with_what_waits_to_be_read(scene: Scene) -> None:
    client, accepted = scene["client"], scene["accepted"]
    assert (kind(client), client.state) == (kind(accepted), accepted.state) == (TCP, ESTABLISHED)
    assert (client.local, client.peer) == (accepted.peer, accepted.local)
    assert (client.local, client.peer) == (scene.address("client"), scene.address("server"))
    assert (client.unread, accepted.unread) == (0, 5)


def test_one_that_was_half_closed_and_nobody_noticed(scene: Scene) -> None:
    assert scene["half closed"].state == FIN_WAIT2
    assert scene["not noticed"].state == CLOSE_WAIT


def test_one_that_was_closed_and_is_not_gone(scene: Scene) -> None:
    [orphan] = scene.at(scene.address("orphan"), scene.address("server"))
    assert (orphan.inode, orphan.state in {FIN_WAIT1, FIN_WAIT2}) == (0, True)
    assert scene["left behind"].state == CLOSE_WAIT


def test_one_that_waits_for_stray_packets(scene: Scene) -> None:
    [row] = scene.at(scene.address("server"), scene.address("time wait"))
    assert (kind(row), row.state, row.inode, row.timer) == (TCP, TIME_WAIT, 0, 3)
    assert 0 < row.expires <= 60_000


def test_udp(scene: Scene) -> None:
    bound, connected = scene["udp"], scene["udp to it"]
    assert (kind(bound), bound.state, bound.local, bound.peer) == (UDP, UNCONNECTED, scene.address("udp"), None)
    assert (kind(connected), connected.state) == (UDP, ESTABLISHED)
    assert (connected.local, connected.peer) == (scene.address("udp to it"), scene.address("udp"))


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_ipv6_and_what_comes_by_ipv4(scene: Scene) -> None:
    server, accepted = scene["server of both"], scene["accepted by IPv4"]
    assert (kind(server), server.state, server.local) == (TCP6, LISTEN, scene.address("server of both", "[::]"))
    assert kind(accepted) == TCP6
    assert accepted.local == scene.address("server of both", "[::ffff:127.0.0.1]")
    assert accepted.peer == scene.address("client by IPv4", "[::ffff:127.0.0.1]")
    assert (kind(scene["udp6"]), scene["udp6"].local) == (UDP6, scene.address("udp6", "[::1]"))


def test_addresses_are_those_of_the_descriptors(scene: Scene) -> None:
    descriptors = {row.fd: row for row in scene.snapshot.descriptors}
    for name, noted in scene.noted.items():
        if "fd" in noted:
            descriptor, row = descriptors[noted["fd"]], scene[name]
            assert (row.inode, row.local or "") == (descriptor.inode, descriptor.local), name
            if name != "unix waiting" and not (scene.was_refused and row.family == socket.AF_UNIX):
                assert (row.peer or "") == descriptor.peer, name


def test_unix_sockets(scene: Scene) -> None:
    server, client, accepted = scene["unix server"], scene["unix client"], scene["unix accepted"]
    path = server.local or ""
    assert path.startswith("/")
    assert path.endswith("/it.sock")
    assert (kind(server), server.state) == (UNIX, LISTEN)
    assert (client.state, accepted.state, client.local, accepted.local) == (ESTABLISHED, ESTABLISHED, None, path)
    abstract = scene["abstract"]
    assert (abstract.local or "").startswith("@pyhandles ")
    assert abstract.socktype == socket.SOCK_DGRAM


def test_peers_of_unix_sockets_are_known_or_said_not_to_be(scene: Scene) -> None:
    pair, other = scene["pair"], scene["its other"]
    if scene.was_refused:
        why = "the other ends of Unix sockets could not be asked for: Operation not permitted"
        assert scene.snapshot.header.kernel["sockets"] == why  # type: ignore[index]
        assert {row.peer_inode for row in scene.snapshot.sockets} == {0}
        return
    assert (pair.peer_inode, other.peer_inode) == (other.inode, pair.inode)
    assert scene["unix client"].peer_inode == scene["unix accepted"].inode
    assert scene["unix client"].peer == scene["unix server"].local
    assert scene["unix waiting"].peer_inode == 0
    assert scene["to the abstract"].peer_inode == scene["abstract"].inode
    assert (scene["unix server"].unread, scene["unix server"].unsent) == (1, 5)


def test_one_that_listens_in_another_process(scene: Scene) -> None:
    [row] = scene.at(scene.address("child's"))
    assert (kind(row), row.state) == (TCP, LISTEN)
    [held] = [each for each in scene.snapshot.held_elsewhere if each.inode == row.inode]
    assert (held.pid, held.same) == (scene.noted["child's"]["pid"], -1)


def test_the_other_end_of_a_connection_in_another_process(scene: Scene) -> None:
    [row] = scene.at(scene.address("child's"), scene.address("served by the child"))
    [held] = [each for each in scene.snapshot.held_elsewhere if each.inode == row.inode]
    assert (row.state, held.pid) == (ESTABLISHED, scene.noted["child's"]["pid"])


def test_one_that_was_closed_while_a_thread_was_in_a_call_on_it(scene: Scene) -> None:
    row = scene["closed in a call"]
    assert (row.local, row.peer) == (scene.address("closed in a call"), scene.address("child's"))
    assert row.inode not in {each.inode for each in [*scene.snapshot.descriptors, *scene.snapshot.held_elsewhere]}


def test_what_others_have_between_them_is_not_told_of(scene: Scene) -> None:
    assert scene.at(scene.address("child's client"), scene.address("child's")) == []


WANTED = """
import os, socket
import pyhandles

may_end, ready = os.pipe(), os.pipe()
if os.fork() == 0:
    os.close(may_end[1])
    server = socket.socket(socket.AF_UNIX)
    server.bind("server.sock")
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.bind("wanted.sock")
    client.connect("server.sock")
    mapped = socket.create_server(("127.0.0.1", 0))
    ends = socket.create_connection(mapped.getsockname()), mapped.accept()[0]
    mapped.close()
    os.write(ready[1], str(ends[1].getsockname()[1]).encode())
    os.read(may_end[0], 1)
    os._exit(0)
port = int(os.read(ready[0], 10))
with pyhandles.install("{trigger}-{wanted}.pkl", on=("errno:EADDRINUSE",), quiet=True, fork=False):
    for family, address in {addresses}:
        try:
            socket.socket(family).bind(address)
        except OSError:
            pass
print(port)
"""


@pytest.mark.parametrize(
    ("wanted", "addresses"),
    [("path", "[(socket.AF_UNIX, 'wanted.sock')]"), ("port", "[(socket.AF_INET, ('', port))]")],
)
def test_what_is_connected_at_an_address_that_could_not_be_had(tmp_path: Path, wanted: str, addresses: str) -> None:
    program = WANTED.replace("{addresses}", addresses).replace("{wanted}", wanted)
    outcome = python(script(tmp_path, program), cwd=tmp_path)
    assert outcome.status == 0, outcome
    snapshot = pyhandles.load(outcome.snapshot()).model

    local = "wanted.sock" if wanted == "path" else f"127.0.0.1:{outcome.out.strip()}"
    [row] = [row for row in snapshot.sockets if row.local == local]
    assert row.state == ESTABLISHED
    assert row.inode in {held.inode for held in snapshot.held_elsewhere}
