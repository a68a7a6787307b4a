"""The other end of a descriptor: in this process, in another, in the kernel alone, across the network, or nowhere."""

from __future__ import annotations

import pytest

from pyhandles.findings.ends import End, other_end
from pyhandles.format import AccessFlag
from tests.heap import Heap
from tests.surroundings import CLOSE_WAIT, LISTEN, TIME_WAIT, UNCONNECTED

READS, WRITES, BOTH = 0, 1, 2
CHILD = 4711
SERVER, CLIENT = "127.0.0.1:3001", "127.0.0.1:40000"
PIPE, FIFO, SOCKET = 0o010600, 0o010644, 0o140777
IN_CHILD = "fd 3 of process 4711 (sleep 100), a child, running since 22:11:40"


def asked(**unseen: object) -> Heap:
    """A process with a child; ``unseen``: what the kernel did not tell."""
    heap = Heap()
    heap.ask_kernel(**unseen)
    heap.process(4242)
    heap.process(CHILD, parent=4242, name="sleep", command="sleep 100")
    return heap


def pipe(heap: Heap, fd: int, flags: int, inode: int = 77) -> None:
    heap.descriptor(fd, f"pipe:[{inode}]", mode=PIPE, inode=inode, flags=flags)


def unix(heap: Heap, fd: int, *, inode: int, local: str = "", peer: str = "", **fields: int) -> None:
    numbers = {"mode": SOCKET, "inode": inode, "family": 1, "socktype": 1, "protocol": 0, "listening": 0, "flags": BOTH}
    heap.descriptor(fd, f"socket:[{inode}]", local=local, peer=peer, **(numbers | fields))


def end(heap: Heap, fd: int) -> End | None:
    return other_end(heap.snapshot(), fd)


def told(heap: Heap, fd: int) -> tuple[str, str]:
    found = end(heap, fd)
    assert found is not None
    return found.where, found.text


# Pipes and fifos


def test_both_ends_of_a_pipe_are_here():
    heap = Heap()
    pipe(heap, 7, READS)
    pipe(heap, 8, WRITES)
    pipe(heap, 9, WRITES)
    pipe(heap, 10, WRITES, inode=78)

    assert end(heap, 7) == End("here", "fds 8 and 9 of this process", (8, 9))
    assert end(heap, 8) == End("here", "fd 7 of this process", (7,))
    assert end(heap, 10) is None


def test_the_other_end_of_a_pipe_is_in_a_child():
    heap = asked()
    pipe(heap, 7, READS)
    heap.elsewhere(CHILD, 3, inode=77, access=AccessFlag.WRITE)
    heap.elsewhere(CHILD, 4, inode=77, access=AccessFlag.READ)

    assert end(heap, 7) == End("process", IN_CHILD, (), CHILD, 3)


def test_a_child_that_inherited_the_end_that_is_here_is_told_too():
    heap = asked()
    pipe(heap, 7, READS)
    pipe(heap, 8, WRITES)
    heap.elsewhere(CHILD, 3, inode=77, access=AccessFlag.WRITE)

    assert end(heap, 7) == End("here", f"fd 8 of this process and {IN_CHILD}", (8,), CHILD, 3)


@pytest.mark.parametrize(
    ("flags", "text"),
    [(READS, "nobody: it is open for writing nowhere"), (WRITES, "nobody: it is open for reading nowhere")],
)
def test_nobody_has_the_other_end_of_a_pipe(flags, text):
    heap = asked()
    pipe(heap, 7, flags)

    assert told(heap, 7) == ("gone", text)


@pytest.mark.parametrize(("fd", "start"), [(1, 0), (7, 1)])
def test_of_what_a_process_was_started_with_nobody_is_not_said(fd, start):
    heap = asked()
    heap.descriptor(fd, "pipe:[77]", mode=PIPE, inode=77, flags=WRITES, start=start)

    assert told(heap, fd) == ("unseen", "no process that is seen from here has it")


def test_where_a_process_is_hidden_nobody_is_not_said():
    heap = asked(hidden=2)
    pipe(heap, 7, READS)

    assert told(heap, 7) == ("unseen", "not in this process; not all could be seen: the descriptors of 2 processes")


def test_a_fifo_has_the_number_that_others_have_on_other_devices():
    heap = Heap()
    heap.descriptor(7, "/run/a", mode=FIFO, inode=5, device=1, flags=READS)
    heap.descriptor(8, "/run/b", mode=FIFO, inode=5, device=2, flags=WRITES)
    heap.descriptor(9, "/run/a", mode=FIFO, inode=5, device=1, flags=WRITES)
    heap.descriptor(10, "/run/c", mode=FIFO, inode=6, device=1, flags=BOTH)

    assert end(heap, 7) == End("here", "fd 9 of this process", (9,))
    assert end(heap, 10) == End("here", "itself: it reads and writes", (10,))


# Unix sockets


def pair(heap: Heap) -> None:
    heap.kernel_socket("unix", "", "", inode=1, peer_inode=2)
    heap.kernel_socket("unix", "", "", inode=2, peer_inode=1)


def test_both_ends_of_a_socket_pair_are_here():
    heap = asked()
    pair(heap)
    unix(heap, 7, inode=1)
    unix(heap, 8, inode=2)
    unix(heap, 9, inode=2)

    assert end(heap, 7) == End("here", "fds 8 and 9 of this process", (8, 9))
    assert end(heap, 8) == End("here", "fd 7 of this process", (7,))


def test_one_row_is_enough_for_both_ends():
    heap = asked()
    heap.kernel_socket("unix", "", "", inode=1, peer_inode=2)
    unix(heap, 7, inode=1)
    unix(heap, 8, inode=2)

    assert [end(heap, fd).fds for fd in (7, 8)] == [(8,), (7,)]


def test_the_other_end_of_a_unix_socket_is_in_another_process():
    heap = asked()
    pair(heap)
    unix(heap, 7, inode=1)
    heap.elsewhere(CHILD, 3, inode=2)

    assert end(heap, 7) == End("process", IN_CHILD, (), CHILD, 3)


def test_of_a_unix_socket_whose_other_end_is_hidden_the_process_is_told_that_connected_it():
    heap = asked(hidden=1)
    pair(heap)
    unix(heap, 7, inode=1)
    heap.open_file(7, peer_pid=CHILD)

    assert told(heap, 7) == (
        "process",
        "process 4711 (sleep 100), a child, running since 22:11:40, when it was connected",
    )


def test_where_the_kernel_tells_nothing_of_sockets_the_process_is_told_that_connected_it():
    heap = asked(sockets="no answer")
    unix(heap, 7, inode=1)
    heap.open_file(7, peer_pid=4242)

    assert end(heap, 7) == End("here", "this process, when it was connected")


def test_the_other_end_of_a_unix_socket_is_closed():
    heap = asked()
    heap.kernel_socket("unix", "", "", inode=1)
    unix(heap, 7, inode=1)

    assert told(heap, 7) == ("gone", "nobody: it is closed")


def test_nobody_has_accepted_the_other_end_of_a_unix_socket():
    heap = asked()
    heap.kernel_socket("unix", "", "/run/a", inode=1)
    heap.kernel_socket("unix", "/run/a", inode=9, state=LISTEN, unread=1)
    unix(heap, 7, inode=1, peer="/run/a")

    assert told(heap, 7) == ("kernel", "no process yet: it waits to be accepted at /run/a")


def test_the_other_end_of_a_unix_socket_is_in_a_message_or_another_container():
    heap = asked()
    pair(heap)
    unix(heap, 7, inode=1)
    heap.open_file(7, peer_pid=4242)

    assert told(heap, 7) == ("unseen", "no process that is seen from here has it")


def test_a_unix_socket_that_listens_or_is_not_connected_has_no_other_end():
    heap = asked()
    heap.kernel_socket("unix", "/run/a", inode=1, state=LISTEN)
    heap.kernel_socket("unix", "", inode=2, state=UNCONNECTED)
    unix(heap, 7, inode=1, local="/run/a", listening=1)
    unix(heap, 8, inode=2)

    assert [end(heap, 7), end(heap, 8)] == [None, None]


def test_those_that_are_connected_to_a_datagram_socket_are_its_other_ends():
    heap = asked()
    heap.kernel_socket("unix", "/run/log", inode=1, state=UNCONNECTED)
    for inode in (2, 3, 4, 5, 6):
        heap.kernel_socket("unix", "", "/run/log", inode=inode, peer_inode=1)
        unix(heap, 10 + inode, inode=inode)
    unix(heap, 7, inode=1, local="/run/log")

    assert end(heap, 7) == End("here", "fds 12, 13, 14 and 2 more of this process", (12, 13, 14, 15, 16))


# TCP and UDP


def connected(heap: Heap, fd: int, local: str, peer: str, **fields: int) -> None:
    heap.tcp(fd, peer=peer, local=local, inode=1000 + fd, **fields)


def test_both_ends_of_a_connection_are_here_and_need_no_kernel():
    heap = Heap()
    connected(heap, 7, SERVER, CLIENT)
    connected(heap, 8, CLIENT, SERVER, state=CLOSE_WAIT)
    connected(heap, 9, SERVER, "127.0.0.1:40001")
    connected(heap, 10, "10.0.0.1:9", "10.0.0.7:5432")

    assert end(heap, 7) == End("here", "fd 8 of this process", (8,))
    assert end(heap, 8) == End("here", "fd 7 of this process", (7,))
    assert end(heap, 9) is end(heap, 10) is None


def test_an_ipv6_socket_that_accepted_an_ipv4_client():
    heap = Heap()
    connected(heap, 7, "[::ffff:127.0.0.1]:3001", "[::ffff:127.0.0.1]:40000", family=10)
    connected(heap, 8, CLIENT, SERVER)

    assert [end(heap, fd).fds for fd in (7, 8)] == [(8,), (7,)]


def test_a_udp_socket_is_not_the_other_end_of_a_tcp_connection():
    heap = Heap()
    connected(heap, 7, SERVER, CLIENT)
    connected(heap, 8, CLIENT, SERVER, socktype=2, protocol=17)

    assert end(heap, 7) is None


def test_the_other_end_of_a_connection_is_in_another_process():
    heap = asked()
    connected(heap, 7, SERVER, CLIENT)
    heap.kernel_socket("tcp", CLIENT, SERVER, inode=9)
    heap.elsewhere(CHILD, 3, inode=9)

    assert end(heap, 7) == End("process", IN_CHILD, (), CHILD, 3)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"state": 1}, "no process yet: it waits to be accepted at 127.0.0.1:40000"),
        ({"state": 5}, "no process: it is closed, and in FIN_WAIT2"),
        (
            {"state": TIME_WAIT, "timer": 3, "expires": 41_000},
            "no process: it is closed, and in TIME_WAIT for 41 s more",
        ),
    ],
)
def test_the_kernel_alone_has_the_other_end(fields, text):
    heap = asked()
    connected(heap, 7, SERVER, CLIENT)
    heap.kernel_socket("tcp", CLIENT, SERVER, **fields)

    assert told(heap, 7) == ("kernel", text)


@pytest.mark.parametrize("hidden", [0, 1])
def test_a_socket_that_no_process_in_sight_has_is_not_said_to_be_the_kernels(hidden):
    """Containers beside each other may share their addresses and not see each other's processes."""
    heap = asked(hidden=hidden)
    connected(heap, 7, SERVER, CLIENT)
    heap.kernel_socket("tcp", CLIENT, SERVER, inode=9)

    assert end(heap, 7).where == "unseen"


@pytest.mark.parametrize(
    ("local", "peer", "where"),
    [
        ("10.0.0.1:9", "10.0.0.7:5432", "remote"),
        ("10.0.0.1:9", "10.0.0.1:5432", "gone"),
        ("10.0.0.1:9", "192.168.0.1:5432", "gone"),
        (SERVER, CLIENT, "gone"),
        ("[::1]:9", "[::1]:5432", "gone"),
        ("[2001:db8::1]:9", "[2001:db8::2]:5432", "remote"),
    ],
)
def test_what_no_socket_of_this_machine_has_is_across_the_network_or_gone(local, peer, where):
    heap = asked()
    connected(heap, 7, local, peer)
    heap.kernel_socket("tcp", "192.168.0.1:80", inode=9, state=LISTEN)

    assert end(heap, 7).where == where


def test_what_is_across_the_network_is_told_by_its_address():
    heap = asked()
    connected(heap, 7, "10.0.0.1:9", "10.0.0.7:5432")

    assert told(heap, 7) == ("remote", "10.0.0.7:5432, across the network")


def test_where_the_kernel_tells_nothing_of_sockets_what_is_on_this_machine_is_not_gone():
    heap = asked(sockets="no answer")
    connected(heap, 7, SERVER, CLIENT)

    assert told(heap, 7) == ("unseen", "not in this process; not all could be seen: no answer")


def test_a_udp_socket_is_connected_to_one_that_is_connected_to_none():
    heap = asked()
    connected(heap, 7, CLIENT, "127.0.0.1:53", socktype=2, protocol=17)
    heap.kernel_socket("udp", "0.0.0.0:53", "0.0.0.0:0", inode=9, state=UNCONNECTED)
    heap.elsewhere(CHILD, 3, inode=9)

    assert end(heap, 7) == End("process", IN_CHILD, (), CHILD, 3)


def test_a_socket_that_listens_has_no_other_end():
    heap = asked()
    heap.tcp(7, local=SERVER, peer="", listening=1, state=LISTEN)

    assert end(heap, 7) is None


# Terminals


def test_both_ends_of_a_pseudoterminal_are_here():
    heap = Heap()
    heap.ask_kernel()
    heap.descriptor(7, "/dev/ptmx", mode=0o020666, inode=2, device=5, flags=BOTH)
    heap.descriptor(8, "/dev/pts/4", mode=0o020620, inode=7, device=24, flags=BOTH)
    heap.descriptor(9, "/dev/ptmx", mode=0o020666, inode=2, device=5, flags=BOTH)
    for fd, terminal in ((7, 4), (8, 4), (9, 5)):
        heap.open_file(fd, terminal=terminal)

    assert end(heap, 7) == End("here", "fd 8 of this process", (8,))
    assert end(heap, 8) == End("here", "fd 7 of this process, its master", (7,))
    assert end(heap, 9) == End("gone", "nobody: /dev/pts/5 is open nowhere")


def test_a_child_is_at_the_other_end_of_a_master():
    heap = asked()
    heap.descriptor(7, "/dev/ptmx", mode=0o020666, inode=2, device=5, flags=BOTH)
    heap.open_file(7, terminal=4)
    heap.elsewhere(CHILD, 3, inode=7, device=24, terminal=4)
    heap.elsewhere(CHILD, 4, inode=2, device=5, terminal=4)
    heap.elsewhere(CHILD, 5, inode=8, device=24, terminal=5)

    assert end(heap, 7) == End("process", IN_CHILD, (), CHILD, 3)


def test_a_child_has_the_master_of_a_terminal():
    heap = asked()
    heap.descriptor(7, "/dev/pts/4", mode=0o020620, inode=7, device=24, flags=BOTH)
    heap.open_file(7, terminal=4)
    heap.elsewhere(CHILD, 3, inode=2, device=5, terminal=4)

    assert end(heap, 7) == End("process", IN_CHILD + ", its master", (), CHILD, 3)


def test_the_master_of_a_terminal_that_is_elsewhere_is_not_seen():
    heap = asked()
    heap.descriptor(0, "/dev/pts/3", mode=0o020620, inode=6, device=24, flags=BOTH)
    heap.open_file(0, terminal=3)

    assert told(heap, 0) == ("unseen", "no process that is seen from here has it")


# Anything else


def test_a_file_an_epoll_and_a_number_that_is_closed_have_no_other_end():
    heap = asked()
    heap.descriptor(7, "/srv/log", mode=0o100644, inode=3)
    heap.descriptor(8, "anon_inode:[eventpoll]", inode=4)

    assert [end(heap, fd) for fd in (7, 8, 9)] == [None, None, None]
