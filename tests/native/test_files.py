"""The open file behind each descriptor, and what epolls watch: all that the kernel tells, against what Python knows."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pty
import resource
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.native.complaints import complaints
from tests.native.plain import Plain

ROOT = Path(__file__).parents[2]

Capture = Callable[[], Plain]
Keep = Callable[..., tuple[int, ...]]


@pytest.fixture
def keep() -> Iterator[Keep]:
    """Have these numbers closed when the test ends."""
    with ExitStack() as stack:

        def until_the_end(*numbers: int) -> tuple[int, ...]:
            for number in numbers:
                stack.callback(os.close, number)
            return numbers

        yield until_the_end


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


@pytest.fixture
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as accepted,
    ):
        yield client, accepted


def file(snapshot: Plain, number: int) -> dict[str, int]:
    [row] = [row for row in snapshot.rows("files") if row["fd"] == number]
    return row


def same(snapshot: Plain, *numbers: int) -> list[int]:
    return [file(snapshot, number)["same"] for number in numbers]


def watched(snapshot: Plain, epoll: int) -> dict[int, tuple[int, int, int]]:
    """Events, device and inode by the number as it was registered."""
    rows = [row for row in snapshot.rows("watches") if row["set"] == epoll]
    assert all(row["native"] == 0 for row in rows)
    return {row["fd"]: (row["events"], row["device"], row["inode"]) for row in rows}


def place_of(number: int) -> tuple[int, int]:
    status = os.fstat(number)
    return status.st_dev, status.st_ino


def fill(sock: socket.socket) -> int:
    """So many bytes it takes."""
    sock.setblocking(False)
    sent = 0
    try:
        while True:
            sent += sock.send(bytes(65536))
    except BlockingIOError:
        return sent


# ---- which share an open file ----


def test_each_descriptor_has_a_row(captured: Capture) -> None:
    snapshot = captured()
    assert [row["fd"] for row in snapshot.rows("files")] == [row["fd"] for row in snapshot.rows("descriptors")]
    assert snapshot.header["kernel"]["files"] is None


def test_a_duplicate_shares_the_file_that_was_opened_and_another_opening_does_not(
    captured: Capture, keep: Keep, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    first, other = keep(os.open(path, os.O_RDWR | os.O_CREAT), os.open(path, os.O_RDWR))
    again, third = keep(os.dup(first), fcntl.fcntl(other, fcntl.F_DUPFD, 100))
    os.set_blocking(again, False)

    snapshot = captured()

    assert same(snapshot, first, again, other, third) == [first, first, other, other]


def test_a_duplicate_of_a_socket_and_one_that_came_by_a_message(
    captured: Capture, keep: Keep, pair: tuple[socket.socket, socket.socket]
) -> None:
    left, right = pair
    socket.send_fds(left, [b"x"], [left.fileno(), 0])
    _, received, _, _ = socket.recv_fds(right, 1, 2)
    copy, null = keep(*received)

    snapshot = captured()

    assert same(snapshot, left.fileno(), right.fileno(), copy, null) == [
        left.fileno(),
        right.fileno(),
        left.fileno(),
        0,
    ]


def test_both_ends_of_a_pipe_are_two_files(captured: Capture, keep: Keep) -> None:
    read, write = keep(*os.pipe())
    [again] = keep(os.open(f"/proc/self/fd/{read}", os.O_RDONLY))
    [copy] = keep(os.dup(write))

    snapshot = captured()

    assert same(snapshot, read, write, again, copy) == [read, write, again, write]


def test_what_has_no_inode_of_its_own_is_told_apart(captured: Capture, keep: Keep) -> None:
    with select.epoll() as first, select.epoll() as second:
        libc = ctypes.CDLL(None)
        events = keep(libc.eventfd(0, 0), libc.eventfd(0, 0))
        copies = keep(os.dup(second.fileno()), os.dup(events[1]))

        snapshot = captured()

        originals = (first.fileno(), second.fileno(), *events)
        assert same(snapshot, *originals) == list(originals)
        assert same(snapshot, *copies) == [second.fileno(), events[1]]


def test_descriptors_without_a_file_to_read(captured: Capture, keep: Keep) -> None:
    path, same_path = keep(os.open("/", os.O_PATH), os.open("/", os.O_PATH))
    [copy] = keep(os.dup(path))

    assert same(captured(), path, same_path, copy) == [path, same_path, path]


# ---- what waits in it ----


def test_bytes_that_wait_in_a_pipe(captured: Capture, keep: Keep) -> None:
    read, write = keep(*os.pipe())
    os.write(write, b"12345")

    snapshot = captured()

    assert (file(snapshot, read)["unread"], file(snapshot, read)["unsent"]) == (5, -1)
    assert (file(snapshot, write)["unread"], file(snapshot, write)["unsent"]) == (-1, 5)
    assert os.read(read, 9) == b"12345"


def test_bytes_that_wait_in_a_unix_socket(captured: Capture, pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    left.send(b"123")

    snapshot = captured()

    assert (file(snapshot, right.fileno())["unread"], file(snapshot, right.fileno())["unsent"]) == (3, 0)
    assert file(snapshot, left.fileno())["unread"] == 0
    assert file(snapshot, left.fileno())["unsent"] >= 3  # the kernel counts what they take in its memory


def test_bytes_that_the_peer_has_not_taken(captured: Capture, connected: tuple[socket.socket, socket.socket]) -> None:
    client, accepted = connected
    sent = fill(client)

    snapshot = captured()

    unsent, unread = file(snapshot, client.fileno())["unsent"], file(snapshot, accepted.fileno())["unread"]
    assert 0 < unread < sent
    assert sent - unread <= unsent <= sent  # what has arrived may not have been acknowledged yet


def test_a_socket_that_listens_has_no_bytes(captured: Capture, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "s"))
        local.listen()

        snapshot = captured()

        for sock in (tcp, local):
            row = file(snapshot, sock.fileno())
            assert (row["unsent"], row["unread"], row["peer_pid"]) == (-1, -1, -1)


def test_events_that_wait_in_an_inotify(captured: Capture, keep: Keep, tmp_path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    inotify = libc.inotify_init1(0)
    if inotify < 0:
        pytest.skip(f"inotify: {os.strerror(ctypes.get_errno())}")
    keep(inotify)
    assert libc.inotify_add_watch(inotify, os.fsencode(tmp_path), 0x100) > 0  # IN_CREATE
    (tmp_path / "new").touch()

    assert file(captured(), inotify)["unread"] == 16 + 16  # the event and a name of up to 16 bytes


def test_a_file_and_a_device_are_asked_nothing(captured: Capture, keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    numbers = keep(os.open(tmp_path / "file", os.O_RDONLY), os.open("/dev/zero", os.O_RDONLY))

    snapshot = captured()

    for number in numbers:
        nothing = {"unsent": -1, "unread": -1, "linger": -1, "peer_pid": -1, "terminal": -1}
        assert file(snapshot, number) == {"fd": number, "same": number, **nothing}


# ---- who is at the other end ----


def test_the_process_at_the_other_end_of_a_unix_socket(captured: Capture, tmp_path: Path) -> None:
    connect = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); sys.stdin.read()"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as alone:
        server.bind(str(tmp_path / "s"))
        server.listen()
        child = subprocess.Popen([sys.executable, "-c", connect, str(tmp_path / "s")], stdin=subprocess.PIPE)
        with child, server.accept()[0] as accepted:
            snapshot = captured()

            assert file(snapshot, accepted.fileno())["peer_pid"] == child.pid
            assert file(snapshot, alone.fileno())["peer_pid"] == -1


def test_a_pair_is_connected_by_the_process_that_made_it(
    captured: Capture, pair: tuple[socket.socket, socket.socket]
) -> None:
    snapshot = captured()
    assert [file(snapshot, end.fileno())["peer_pid"] for end in pair] == [os.getpid()] * 2


def test_both_ends_of_a_pseudoterminal(captured: Capture, keep: Keep) -> None:
    master, slave = keep(*pty.openpty())
    os.write(master, b"line\n")

    snapshot = captured()

    number = int(os.ttyname(slave).rpartition("/")[2])
    assert [file(snapshot, end)["terminal"] for end in (master, slave)] == [number, number]
    assert file(snapshot, slave)["unread"] == 5


def test_a_close_that_is_to_linger(captured: Capture, connected: tuple[socket.socket, socket.socket]) -> None:
    client, accepted = connected
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 7))
    with socket.socket() as resets:
        resets.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        snapshot = captured()

        numbers = (client.fileno(), accepted.fileno(), resets.fileno())
        assert [file(snapshot, number)["linger"] for number in numbers] == [7, -1, 0]


# ---- what epolls watch ----


def test_an_epoll_watches_sockets_pipes_terminals_and_other_epolls(
    captured: Capture, keep: Keep, pair: tuple[socket.socket, socket.socket]
) -> None:
    numbers = (pair[0].fileno(), *keep(*os.pipe()), *keep(*pty.openpty()))
    with select.epoll() as inner, select.epoll() as outer:
        asked = dict.fromkeys((*numbers, inner.fileno()), select.EPOLLIN | select.EPOLLET)
        for number, events in asked.items():
            outer.register(number, events)

        snapshot = captured()

        always = select.EPOLLERR | select.EPOLLHUP
        expected = {number: (events | always, *place_of(number)) for number, events in asked.items()}
        assert watched(snapshot, outer.fileno()) == expected
        assert watched(snapshot, inner.fileno()) == {}


def test_a_file_on_a_disk_that_an_epoll_watches_has_the_number_of_its_device(
    captured: Capture, keep: Keep, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    [fifo] = keep(os.open(tmp_path / "fifo", os.O_RDWR))
    if os.major(os.fstat(fifo).st_dev) == 0:
        pytest.skip(f"{tmp_path} is on no disk: stat and the kernel itself need not agree on its device")
    with select.epoll() as epoll:
        epoll.register(fifo, select.EPOLLIN)

        [(_, device, inode)] = watched(captured(), epoll.fileno()).values()
        assert (device, inode) == place_of(fifo)


def test_a_registration_whose_number_was_closed_while_a_duplicate_lives_on_is_still_there(
    captured: Capture, keep: Keep
) -> None:
    read, _ = keep(*os.pipe())
    gone = os.dup(read)
    with select.epoll() as epoll:
        epoll.register(gone, select.EPOLLIN)
        place = place_of(gone)
        os.close(gone)
        with socket.socket() as successor:
            assert successor.fileno() == gone

            snapshot = captured()

            [(number, (_, device, inode))] = watched(snapshot, epoll.fileno()).items()
            assert (number, device, inode) == (gone, *place)
            assert place_of(gone) != place


def test_an_epoll_with_many_registrations(captured: Capture, keep: Keep) -> None:
    read, _ = keep(*os.pipe())
    copies = keep(*(os.dup(read) for _ in range(300)))
    with select.epoll() as epoll:
        for number in copies:
            epoll.register(number, select.EPOLLIN)

        assert watched(captured(), epoll.fileno()).keys() == set(copies)


# ---- where there is little room, or little leave ----

BEGIN = """
import os, resource, select, socket, sys
import pyhandles
import tests.seccomp
read, write = os.pipe()
left, right = socket.socketpair()
copies = [os.dup(read), os.dup(left.fileno())]
gone = os.dup(right.fileno())
epoll = select.epoll()
epoll.register(gone)
os.close(gone)
numbers = [0, read, write, left.fileno(), right.fileno(), *copies, epoll.fileno(), gone]
last = os.dup(0)
os.dup2(last, 20)
pyhandles.install(on=(), fork=FORK)
"""
AT_THE_LIMIT = """
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
try:
    while True:
        os.open("/dev/null", os.O_RDONLY)
except OSError as error:
    assert error.errno == 24
"""
POLLED = """
import pty
another = os.open(f"/proc/self/fd/{read}", os.O_RDONLY)
epolls = [select.epoll(), os.dup(epoll.fileno())]
terminal = pty.openpty()[1]
numbers += [another, epolls[0].fileno(), epolls[1], terminal, os.dup(terminal), os.dup(another)]
"""
REFUSAL = "which of some descriptors share an open file: Operation not permitted"
REFUSED = "tests.seccomp.refuse(tests.seccomp.KCMP)\n"
END = "pyhandles.capture(sys.argv[1])\nprint(*numbers)\n"


def run(program: str, path: Path, fork: bool) -> tuple[Plain, list[int]]:
    """The snapshot, and the numbers that the program tells."""
    command = [sys.executable, "-c", program.replace("FORK", str(fork)), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, complaints(done.stderr)) == (0, "")
    snapshot = Plain(path)
    assert snapshot.header["capture"]["mode"] == ("fork" if fork else "in place")
    return snapshot, [int(number) for number in done.stdout.split()]


@pytest.mark.parametrize("fork", [True, False], ids=["by a child", "in place"])
@pytest.mark.parametrize("limit", ["", AT_THE_LIMIT], ids=["with room", "at the limit"])
def test_with_and_without_a_free_descriptor(tmp_path: Path, limit: str, fork: bool) -> None:
    snapshot, numbers = run(BEGIN + limit + END, tmp_path / "x.pkl", fork)

    null, read, write, left, right, read_again, left_again, epoll, gone = numbers
    assert same(snapshot, null, 20, read, read_again, write) == [0, 0, read, read, write]
    assert same(snapshot, left, left_again, right) == [left, left, right]
    inodes = {row["fd"]: row["inode"] for row in snapshot.rows("descriptors")}
    assert {number: inode for number, (_, _, inode) in watched(snapshot, epoll).items()} == {gone: inodes[right]}
    assert snapshot.header["kernel"]["files"] is None


@pytest.mark.parametrize("fork", [True, False], ids=["by a child", "in place"])
def test_where_files_may_not_be_compared_those_that_can_be_polled_are_and_of_others_it_is_said(
    tmp_path: Path, fork: bool
) -> None:
    snapshot, numbers = run(BEGIN + POLLED + REFUSED + END, tmp_path / "x.pkl", fork)

    null, read, write, left, right, read_again, left_again, epoll, _, *others = numbers
    assert same(snapshot, null, 20) == [-1, -1]
    assert same(snapshot, read, read_again, write) == [read, read, write]
    assert same(snapshot, left, left_again, right) == [left, left, right]
    another_read, another_epoll, epoll_again, terminal, terminal_again, third_read = others
    assert same(snapshot, another_read, third_read) == [another_read, another_read]
    assert same(snapshot, epoll, another_epoll, epoll_again) == [epoll, another_epoll, epoll]
    assert same(snapshot, terminal, terminal_again) == [terminal, terminal]
    assert snapshot.header["kernel"]["files"] == REFUSAL


@pytest.mark.parametrize("fork", [True, False], ids=["by a child", "in place"])
def test_where_besides_no_number_is_free_sockets_alone_are_told(tmp_path: Path, fork: bool) -> None:
    snapshot, numbers = run(BEGIN + REFUSED + AT_THE_LIMIT + END, tmp_path / "x.pkl", fork)

    null, read, write, left, right, read_again, left_again, *_ = numbers
    assert same(snapshot, null, 20, read, read_again) == [-1, -1, -1, -1]
    assert same(snapshot, write, left, left_again, right) == [write, left, left, right]
    assert snapshot.header["kernel"]["files"] == REFUSAL


def test_too_many_of_a_kind_are_not_compared_and_it_is_said(tmp_path: Path) -> None:
    many = """
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
many = [os.open("/dev/zero", os.O_RDONLY) for _ in range(2000)]
"""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2100:
        pytest.skip("so many descriptors are not allowed here")
    snapshot, numbers = run(BEGIN + many + END, tmp_path / "x.pkl", fork=True)

    assert same(snapshot, *numbers[:2], numbers[5]) == [0, numbers[1], numbers[1]]
    assert [row["same"] for row in snapshot.rows("files")].count(-1) == 2000
    assert snapshot.header["kernel"]["files"].startswith("which of 2000 descriptors share an open file: too many")
