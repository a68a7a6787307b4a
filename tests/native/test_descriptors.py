"""What the kernel knows of each descriptor, and which object claims it."""

from __future__ import annotations

import fcntl
import io
import mmap
import os
import select
import socket
import stat
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from pyhandles.format import OwnerFlag, OwnerKind
from tests.native.plain import Plain

Capture = Callable[[], Plain]


def descriptor(snapshot: Plain, fd: int) -> dict[str, int]:
    [row] = [row for row in snapshot.rows("descriptors") if row["fd"] == fd]
    return row


def owners(snapshot: Plain, fd: int) -> list[tuple[int, OwnerKind, OwnerFlag]]:
    """Address, kind and flags of the objects that claim a number."""
    rows = [row for row in snapshot.rows("owners") if row["fd"] == fd]
    return [(snapshot.addresses[row["object"]], OwnerKind(row["kind"]), OwnerFlag(row["flags"])) for row in rows]


def open_numbers() -> list[int]:
    numbers = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    # The directory that was just read had a number too.
    return [number for number in numbers if is_open(number)]


def is_open(number: int) -> bool:
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False
    return True


def test_every_open_descriptor_is_told_once(captured: Capture) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(open(os.devnull))
        expected = open_numbers()

        snapshot = captured()

        listed = [row["fd"] for row in snapshot.rows("descriptors")]
        assert listed == expected
        assert snapshot.header["limits"]["open"] == len(listed)


def test_a_regular_file(captured: Capture, tmp_path: Path) -> None:
    with open(tmp_path / "data", "wb", buffering=0) as file:
        file.write(b"0123456789")
        file.seek(4)
        os.set_inheritable(file.fileno(), True)

        snapshot = captured()

        row = descriptor(snapshot, file.fileno())
        status = os.fstat(file.fileno())
        assert snapshot.text(row["link"]) == str(tmp_path / "data")
        assert (row["mode"], row["device"], row["inode"]) == (status.st_mode, status.st_dev, status.st_ino)
        assert (row["size"], row["position"], row["cloexec"], row["family"]) == (10, 4, 0, -1)
        assert row["flags"] & os.O_ACCMODE == os.O_WRONLY
        assert owners(snapshot, file.fileno()) == [(id(file), OwnerKind.FILE, OwnerFlag(0))]


def test_a_path_longer_than_most(captured: Capture, tmp_path: Path) -> None:
    directory = tmp_path / ("d" * 200) / ("e" * 200)
    directory.mkdir(parents=True)
    with open(directory / ("f" * 200), "w") as file:
        snapshot = captured()

        assert snapshot.text(descriptor(snapshot, file.fileno())["link"]) == file.name


def test_a_file_that_does_not_close_its_descriptor_is_no_owner(captured: Capture) -> None:
    with open(os.devnull) as lender, open(lender.fileno(), closefd=False) as borrower:
        snapshot = captured()

        flags = {address: flags for address, _, flags in owners(snapshot, lender.fileno())}
        assert flags[id(borrower.buffer.raw)] == OwnerFlag.BORROWED  # type: ignore[attr-defined]
        assert flags[id(lender.buffer.raw)] == OwnerFlag(0)  # type: ignore[attr-defined]


def test_a_closed_file_claims_no_number(captured: Capture) -> None:
    file = io.FileIO(os.devnull)
    file.close()

    snapshot = captured()

    row = snapshot.row("owners", id(file))
    assert (row["fd"], OwnerFlag(row["flags"])) == (-1, OwnerFlag.CLOSED)


@pytest.mark.parametrize(
    ("family", "address", "text"),
    [
        (socket.AF_INET, ("127.0.0.1", 0), "127.0.0.1:{port}"),
        (socket.AF_INET6, ("::1", 0), "[::1]:{port}"),
    ],
)
def test_tcp_listening_and_connected(captured: Capture, family: int, address: tuple[str, int], text: str) -> None:
    try:
        server = socket.create_server(address, family=family)
    except OSError:
        pytest.skip("this machine has no such address")
    with server, socket.create_connection(server.getsockname()[:2]) as client, server.accept()[0] as peer:
        snapshot = captured()

        listening = descriptor(snapshot, server.fileno())
        connected = descriptor(snapshot, client.fileno())
        expected = text.format(port=server.getsockname()[1])
        assert (listening["family"], listening["socktype"], listening["protocol"]) == (family, socket.SOCK_STREAM, 6)
        assert (listening["listening"], listening["state"]) == (1, 10)
        assert snapshot.text(listening["local"]) == expected
        assert snapshot.text(listening["peer"]) == ""
        assert (connected["listening"], connected["state"]) == (0, 1)
        assert snapshot.text(connected["peer"]) == expected
        assert snapshot.text(connected["local"]) == text.format(port=client.getsockname()[1])
        assert owners(snapshot, peer.fileno()) == [(id(peer), OwnerKind.SOCKET, OwnerFlag(0))]


def test_udp(captured: Capture) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        snapshot = captured()
        row = descriptor(snapshot, udp.fileno())
        assert (row["socktype"], row["protocol"], row["state"]) == (socket.SOCK_DGRAM, 17, -1)
        assert snapshot.text(row["local"]) == f"127.0.0.1:{udp.getsockname()[1]}"


def test_unix_sockets_by_path_by_name_and_without(captured: Capture) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as directory, ExitStack() as stack:
        by_path, by_name = (stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        left, right = (stack.enter_context(each) for each in socket.socketpair())
        by_path.bind(f"{directory}/s")
        by_name.bind(f"\0pyhandles-test-{os.getpid()}")

        snapshot = captured()

        assert snapshot.text(descriptor(snapshot, by_path.fileno())["local"]) == f"{directory}/s"
        assert snapshot.text(descriptor(snapshot, by_name.fileno())["local"]) == f"@pyhandles-test-{os.getpid()}"
        assert snapshot.text(descriptor(snapshot, left.fileno())["local"]) == ""
        assert descriptor(snapshot, left.fileno())["inode"] != descriptor(snapshot, right.fileno())["inode"]


def test_netlink(captured: Capture) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
        snapshot = captured()
        expected = f"pid {netlink.getsockname()[0]} groups 0"
        assert snapshot.text(descriptor(snapshot, netlink.fileno())["local"]) == expected


def test_a_packet_socket(captured: Capture) -> None:
    try:
        packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
    except PermissionError:
        pytest.skip("needs CAP_NET_RAW")
    with packet:
        snapshot = captured()
        assert "protocol 0x0003" in (snapshot.text(descriptor(snapshot, packet.fileno())["local"]) or "")


def test_both_ends_of_a_pipe_have_its_inode(captured: Capture) -> None:
    read, write = os.pipe()
    try:
        snapshot = captured()
        ends = [descriptor(snapshot, fd) for fd in (read, write)]
        assert len({row["inode"] for row in ends}) == 1
        assert all(stat.S_ISFIFO(row["mode"]) for row in ends)
        assert snapshot.text(ends[0]["link"]) == f"pipe:[{ends[0]['inode']}]"
    finally:
        os.close(read)
        os.close(write)


def test_owners_that_the_collector_does_not_know(captured: Capture, tmp_path: Path) -> None:
    """An epoll object, a directory being read, a mapping: found through whoever refers to them."""
    (tmp_path / "file").write_bytes(b"1234")
    (tmp_path / "directory").mkdir()
    for number in range(3):
        (tmp_path / "directory" / str(number)).touch()
    epoll = select.epoll()
    entries = os.scandir(tmp_path / "directory")
    next(entries)
    with open(tmp_path / "file", "r+b") as file:
        mapping = mmap.mmap(file.fileno(), 0)
    holder = [epoll, entries, mapping]

    snapshot = captured()

    by_object = {snapshot.addresses[row["object"]]: row for row in snapshot.rows("owners")}
    assert [OwnerKind(by_object[id(each)]["kind"]) for each in holder] == [
        OwnerKind.EPOLL,
        OwnerKind.SCANDIR,
        OwnerKind.MMAP,
    ]
    assert by_object[id(epoll)]["fd"] == epoll.fileno()
    assert snapshot.text(descriptor(snapshot, by_object[id(entries)]["fd"])["link"]) == str(tmp_path / "directory")
    # A mapping holds a duplicate of its descriptor, and says its number to nobody.
    assert snapshot.text(descriptor(snapshot, by_object[id(mapping)]["fd"])["link"]) == str(tmp_path / "file")
    epoll.close()
    entries.close()
    mapping.close()


def test_a_bare_socket_of_the_extension_module(captured: Capture) -> None:
    import _socket

    holder = [_socket.socket()]
    snapshot = captured()
    assert owners(snapshot, holder[0].fileno()) == [(id(holder[0]), OwnerKind.SOCKET, OwnerFlag(0))]
    holder[0].close()


def test_a_socket_that_was_closed_and_still_has_a_file_open(captured: Capture) -> None:
    left, right = socket.socketpair()
    with right:
        file = left.makefile("rb")
        number = left.fileno()
        left.close()
        snapshot = captured()
        row = snapshot.row("owners", id(left))
        assert (row["fd"], OwnerFlag(row["flags"]), row["uses"]) == (number, OwnerFlag.CLOSING, 1)
        file.close()


def test_a_number_in_an_attribute_named_like_a_descriptor(captured: Capture) -> None:
    class Listener:
        def __init__(self) -> None:
            self._handle = os.dup(0)
            self.retries = self._handle

    listener = Listener()
    try:
        snapshot = captured()
        found = [row for row in snapshot.rows("numbers") if snapshot.addresses[row["object"]] == id(listener)]
        assert [row["value"] for row in found] == [listener._handle]
    finally:
        os.close(listener._handle)


def test_nothing_stays_open_or_locked_after_a_capture(captured: Capture, tmp_path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    with open(tmp_path / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        captured()
    assert sorted(os.listdir("/proc/self/fd")) == before
    with open(tmp_path / "lock") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
