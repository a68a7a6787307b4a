"""Who holds an address: what is said of each that can, and what is not taken for another."""

from __future__ import annotations

import pytest

from pyhandles.errors import BadAddress
from pyhandles.findings.failed_call import failed_call
from pyhandles.findings.lingering.closed import closed
from pyhandles.findings.who import Holder, Who, who
from pyhandles.format import NOTHING, OwnerFlag
from tests.heap import Heap
from tests.surroundings import ESTABLISHED, LISTEN, TIME_WAIT, UNCONNECTED
from tests.taken import (
    ADDRESS,
    EADDRINUSE,
    OURS,
    SERVER,
    TCP6,
    UDP,
    UNIX,
    closed_under_a_call,
    failing,
    listening,
    reading,
    served,
    surrounded,
)

FIN_WAIT2 = 5
PATH = "/run/app.sock"


def only(answer: Who) -> Holder:
    [holder] = answer.holders
    return holder


# A handle of this process


def test_a_handle_is_told_with_all_that_why_says_of_it():
    holder = only(who(served().snapshot()))

    assert (holder.where, holder.fd, holder.pid) == ("handle", 3, None)
    assert holder.text == f"fd 3 of this process: tcp {ADDRESS}, which listens, held by Server.sock"
    assert holder.why is not None
    assert holder.why.verdict.kind == "rooted"
    assert holder.why.path == ("global SERVER of module app", "Server.sock", "socket.socket fd 3")
    assert "close it before" in holder.advice


def test_the_call_that_failed_is_told_in_words():
    answer = who(served().snapshot())

    assert answer.address == ADDRESS
    assert answer.failed is not None
    assert answer.failed.text == f"bind() of fd 5 to {ADDRESS} failed: EADDRINUSE, Address already in use"


def test_a_handle_that_only_a_cycle_keeps():
    heap = Heap()
    sock, server = heap.socket(3), heap.instance("app.Server")
    heap.refer(server, ".sock", sock)
    heap.refer(server, ".itself", server)
    listening(heap)

    holder = only(who(surrounded(failing(heap)).snapshot()))

    assert holder.why is not None
    assert holder.why.verdict.kind == "garbage"
    assert "garbage collector" in holder.advice


def test_a_number_that_nothing_owns():
    heap = Heap()
    listening(heap)

    holder = only(who(surrounded(failing(heap)).snapshot()))

    assert (holder.where, holder.fd) == ("handle", 3)
    assert "no object closes it" in holder.advice


def test_two_numbers_of_one_socket_are_both_told():
    heap = Heap()
    listening(heap)
    listening(heap, 8, inode=SERVER)

    first, second = who(surrounded(failing(heap)).snapshot()).holders

    assert (first.fd, second.fd) == (3, 8)
    assert "fd 8 is the same open socket" in first.evidence


@pytest.mark.parametrize("local", ["0.0.0.0:3001", "[::]:3001", "[::ffff:127.0.0.1]:3001"])
def test_an_address_that_takes_it_in_is_in_its_way(local: str):
    heap = Heap()
    listening(heap, local=local, family=10 if "[" in local else 2)

    assert only(who(surrounded(failing(heap)).snapshot())).fd == 3


def test_every_address_of_ipv6_is_in_the_way_unless_it_was_made_for_ipv6_only():
    heap = Heap()
    listening(heap, local="[::]:3001", **TCP6)

    [told] = only(who(surrounded(failing(heap)).snapshot())).evidence

    assert told == (
        "[::]:3001 stands for every address of this machine, those of IPv4 too, unless it was made for IPv6 only"
    )


@pytest.mark.parametrize("local", ["127.0.0.2:3001", "127.0.0.1:3002", "[::1]:3001"])
def test_another_host_or_port_is_not_in_the_way(local: str):
    heap = Heap()
    listening(heap, local=local, family=10 if "[" in local else 2)

    assert who(surrounded(failing(heap)).snapshot()).holders == ()


def test_every_address_of_ipv4_is_none_of_ipv6():
    heap = Heap()
    listening(heap, local="0.0.0.0:3001")

    assert who(surrounded(failing(heap, "[::1]:3001", **TCP6)).snapshot()).holders == ()


def test_a_port_of_udp_is_not_in_the_way_of_one_of_tcp():
    heap = surrounded(failing(Heap()))
    listening(heap, listening=0, **UDP)

    assert who(heap.snapshot()).holders == ()


def test_asked_for_an_address_both_are_told_and_first_the_one_in_the_way():
    heap = surrounded(failing(Heap()))
    listening(heap, 3, listening=0, **UDP)
    heap.kernel_socket("tcp", ADDRESS, inode=2001, state=LISTEN)
    heap.process(4711)
    heap.elsewhere(4711, 7, inode=2001)

    holders = who(heap.snapshot(), ADDRESS).holders

    assert [(holder.where, holder.fd) for holder in holders] == [("process", 7), ("handle", 3)]


def test_a_socket_that_waits_for_its_files_is_advised_so():
    heap = Heap()
    sock, session = heap.socket(3, flags=OwnerFlag.CLOSING, uses=1), heap.instance("app.Session")
    heap.refer(session, ".sock", sock)
    heap.module("app", SESSION=session)
    listening(heap)

    holder = only(who(surrounded(failing(heap)).snapshot()))

    assert holder.why is not None
    assert holder.why.verdict.kind == "closing"
    assert "makefile()" in holder.advice


def test_connections_that_a_server_accepted_are_not_the_reason_while_it_listens():
    heap = served()
    heap.tcp(9, "127.0.0.1:40000", ADDRESS, inode=1009)
    heap.kernel_socket("tcp", ADDRESS, "127.0.0.1:40001", state=TIME_WAIT, timer=3, expires=9_000)

    answer = who(heap.snapshot())

    assert only(answer).fd == 3
    assert answer.more == 2


def test_connections_whose_server_is_closed_are():
    heap = surrounded(failing(Heap()))
    heap.tcp(9, "127.0.0.1:40000", ADDRESS, inode=1009)

    holder = only(who(heap.snapshot()))

    assert holder.text.startswith(f"fd 9 of this process: tcp {ADDRESS} → 127.0.0.1:40000")
    assert "SO_REUSEADDR" in holder.advice


def test_of_many_connections_some_are_told_and_the_others_counted():
    heap = surrounded(failing(Heap()))
    for fd in range(10, 40):
        heap.tcp(fd, f"127.0.0.1:{40000 + fd}", ADDRESS, inode=1000 + fd)

    answer = who(heap.snapshot())

    assert (len(answer.holders), answer.more) == (8, 22)


def test_the_peer_s_address_holds_nothing():
    heap = surrounded(failing(Heap()))
    heap.tcp(9, ADDRESS, "127.0.0.1:40000", inode=1009)

    assert who(heap.snapshot()).holders == ()


def test_the_socket_that_fails_to_listen_is_not_in_its_own_way():
    heap = Heap()
    listening(heap)
    heap.tcp(5, "", ADDRESS, state=UNCONNECTED, inode=1005)
    heap.failed_call("listen", 5, ADDRESS)

    assert only(who(surrounded(heap).snapshot())).fd == 3


# A socket that no descriptor leads to


def test_an_orphan_is_told_with_the_thread_whose_call_keeps_it():
    holder = only(who(closed_under_a_call().snapshot()))

    assert (holder.where, holder.fd, holder.thread, holder.site) == ("orphan", None, "reader", "app.py:62 in read")
    assert "its close has not taken effect" in holder.text
    assert "2.5 s" in holder.text
    assert "shutdown" in holder.advice


def test_the_number_that_both_have_had_is_not_to_blame():
    holder = only(who(closed_under_a_call().snapshot()))

    assert "fd 5 is another file by now, which has nothing to do with it" in holder.evidence


def test_an_orphan_that_no_call_explains_may_be_elsewhere():
    heap = surrounded(failing(Heap()))
    heap.kernel_socket("tcp", ADDRESS, inode=1900, state=LISTEN)

    holder = only(who(heap.snapshot()))

    assert (holder.where, holder.thread) == ("orphan", None)
    assert any("SCM_RIGHTS" in text for text in holder.evidence)


def test_of_two_threads_in_such_calls_neither_is_blamed():
    heap = closed_under_a_call()
    reading(heap, 18, "other")

    holder = only(who(heap.snapshot()))

    assert (holder.thread, holder.site) == (None, None)
    assert "one of 2 threads" in holder.text
    assert [text.partition("thread ")[2].split()[0] for text in holder.evidence] == ["reader", "other"]


def test_a_call_on_another_kind_of_socket_explains_nothing():
    heap = surrounded(failing(Heap()))
    reading(heap, 17, "reader")
    heap.kernel_socket("udp", "127.0.0.1:9", inode=1901, state=UNCONNECTED)
    heap.kernel_socket("tcp", ADDRESS, inode=1900, state=LISTEN)

    [holder] = who(heap.snapshot(), ADDRESS).holders

    assert (holder.where, holder.thread) == ("orphan", None)


def test_a_socket_of_another_user_is_a_process_that_cannot_be_seen():
    heap = surrounded(failing(Heap()), hidden=12)
    heap.kernel_socket("tcp", ADDRESS, inode=1900, state=LISTEN, uid=33)

    holder = only(who(heap.snapshot()))

    assert (holder.where, holder.pid) == ("process", None)
    assert "user 33" in holder.text
    assert "not all could be seen: the descriptors of 12 processes" in holder.evidence


def test_a_socket_of_which_the_user_is_not_known_may_be_this_ones():
    heap = surrounded(failing(Heap()))
    heap.kernel_socket("tcp", ADDRESS, inode=1900, state=LISTEN, uid=NOTHING)

    assert only(who(heap.snapshot())).where == "orphan"


# Another process


def test_another_process_with_its_descriptor():
    heap = surrounded(failing(Heap()))
    heap.kernel_socket("tcp", ADDRESS, inode=2001, state=LISTEN)
    heap.process(4711, name="nginx", command="nginx -g daemon")
    heap.elsewhere(4711, 7, inode=2001)

    holder = only(who(heap.snapshot()))

    assert (holder.where, holder.pid, holder.fd) == ("process", 4711, 7)
    assert holder.text.startswith("fd 7 of process 4711 (nginx -g daemon)")
    assert "end that process" in holder.advice


def test_a_child_that_has_inherited_it():
    heap = surrounded(failing(Heap()))
    heap.kernel_socket("tcp", ADDRESS, inode=2001, state=LISTEN)
    heap.process(4711, parent=OURS, name="sleep", command="sleep 100")
    heap.elsewhere(4711, 7, inode=2001)

    holder = only(who(heap.snapshot()))

    assert "a child, running since" in holder.text
    assert "close_fds" in holder.advice


def test_a_child_that_has_it_beside_this_process():
    heap = served()
    heap.process(4711, parent=OURS)
    heap.elsewhere(4711, 3, inode=SERVER)

    here, there = who(heap.snapshot()).holders

    assert (here.where, here.fd, there.where, there.pid) == ("handle", 3, "process", 4711)
    assert "it is the same open socket as fd 3 of this process" in there.evidence


def test_what_was_recorded_of_a_socket_that_a_child_has_still():
    heap = surrounded(failing(Heap()))
    heap.record()
    heap.event("bind", fd=7, detail=ADDRESS)
    heap.event("fork", result=4711, stack=heap.stack(heap.site("app.py", "start", 20)))
    heap.event("close", fd=7, closed=True, stack=heap.stack(heap.site("app.py", "stop", 31)))
    heap.kernel_socket("tcp", ADDRESS, inode=2001, state=LISTEN)
    heap.process(4711, parent=OURS)
    heap.elsewhere(4711, 7, inode=2001)

    holder = only(who(heap.snapshot()))

    assert holder.site == "app.py:31 in stop"
    assert [text.partition(" by ")[2].partition(",")[0] for text in holder.evidence] == [
        "close() at app.py:31 in stop",
        "fork() at app.py:20 in start",
    ]


# The kernel alone


def test_time_wait_with_how_long_still_and_what_to_do():
    heap = surrounded(failing(Heap()))
    heap.kernel_socket("tcp", ADDRESS, "127.0.0.1:40000", state=TIME_WAIT, timer=3, expires=41_000)

    holder = only(who(heap.snapshot()))

    assert (holder.where, holder.fd, holder.pid) == ("kernel", None, None)
    assert holder.text == f"the kernel alone: tcp {ADDRESS} → 127.0.0.1:40000 in TIME_WAIT, for 41 s more"
    assert holder.advice.startswith("set SO_REUSEADDR before bind()")


def test_who_and_closed_say_the_same_of_how_long():
    heap = surrounded(failing(Heap()))
    heap.kernel_socket("tcp", ADDRESS, "127.0.0.1:40000", state=TIME_WAIT, timer=3, expires=59_970)
    snapshot = heap.snapshot()

    assert "for 60 s more" in only(who(snapshot)).text
    assert "for 60 s more" in closed(snapshot).rows[0].text


def test_many_in_time_wait_are_one():
    heap = surrounded(failing(Heap()))
    for number in range(200):
        heap.kernel_socket(
            "tcp", ADDRESS, f"127.0.0.1:{40000 + number}", state=TIME_WAIT, timer=3, expires=number * 100
        )

    holder = only(who(heap.snapshot()))

    assert holder.text == f"the kernel alone: 200 tcp connections of {ADDRESS} in TIME_WAIT, for up to 20 s more"


def test_a_connection_that_the_peer_keeps_half_open():
    heap = surrounded(failing(Heap()))
    heap.kernel_socket("tcp", ADDRESS, "10.0.0.7:40000", state=FIN_WAIT2, timer=2, expires=55_000)

    holder = only(who(heap.snapshot()))

    assert "in FIN_WAIT2, for 55 s more" in holder.text
    assert "this side has closed, and the peer has not" in holder.evidence


def test_what_waits_to_be_accepted_is_the_listener_s():
    heap = served()
    heap.kernel_socket("tcp", ADDRESS, "127.0.0.1:40000", state=ESTABLISHED)

    assert only(who(heap.snapshot())).where == "handle"


# Unix sockets


def test_a_unix_socket_by_its_path():
    heap = surrounded(failing(Heap(), PATH, **UNIX))
    listening(heap, local=PATH, **UNIX)

    assert only(who(heap.snapshot())).text == f"fd 3 of this process: unix {PATH}, which listens"


def test_connections_to_a_unix_socket_have_its_path_too():
    heap = surrounded(failing(Heap(), PATH, **UNIX))
    listening(heap, local=PATH, **UNIX)
    listening(heap, 8, local=PATH, **UNIX | {"listening": 0})
    heap.kernel_socket("unix", PATH, inode=1008, state=ESTABLISHED)

    answer = who(heap.snapshot())

    assert (only(answer).fd, answer.more) == (3, 1)


def test_a_path_at_which_nobody_is_may_be_a_file_left_behind():
    answer = who(surrounded(failing(Heap(), PATH, **UNIX)).snapshot())

    assert answer.holders == ()
    assert answer.note is not None
    assert "unlink it before bind()" in answer.note


def test_an_abstract_name_has_no_file():
    answer = who(surrounded(failing(Heap(), "@app", **UNIX)).snapshot())

    assert (answer.holders, answer.note) == ((), None)


# What is asked for


@pytest.mark.parametrize("text", [ADDRESS, ":3001", "3001", "*:3001", "localhost:3001", " 127.0.0.1:3001 "])
def test_an_address_as_people_write_it(text: str):
    assert only(who(served().snapshot(), text)).fd == 3


@pytest.mark.parametrize("text", ["[::1]:3001", "10.0.0.1:3001", ":3002", "@app", "/run/app.sock"])
def test_another_one(text: str):
    answer = who(served().snapshot(), text)

    assert (answer.holders, answer.failed) == ((), None)


@pytest.mark.parametrize("text", ["", "nobody", "example.org:80", "127.0.0.1:99999", ":0", "127.0.0.1"])
def test_what_is_no_address(text: str):
    with pytest.raises(BadAddress):
        who(served().snapshot(), text)


def test_a_thread_that_waits_for_it_is_told_with_its_call():
    heap = served()
    heap.thread("acceptor", native=17)
    heap.frame("serve", file="app.py", line=41, thread="acceptor")
    heap.wait(17, "accept4", fd=3)

    told = who(heap.snapshot(), ADDRESS).holders[0].evidence
    assert "thread acceptor waits for it, in accept4(), called in serve() at app.py:41" in told


@pytest.mark.parametrize(("errno", "told"), [(None, "no call had failed"), (EADDRINUSE, "no address that is known")])
def test_without_an_address_there_must_be_a_call_that_failed(errno: int | None, told: str):
    heap = Heap()
    heap.header["errno"] = errno

    with pytest.raises(BadAddress, match=told):
        who(heap.snapshot())


def test_a_name_without_a_slash_that_a_socket_is_bound_to():
    heap = Heap()
    listening(heap, local="app.sock", **UNIX)

    assert only(who(heap.snapshot(), "app.sock")).fd == 3


def test_hosts_that_are_hashed_are_still_in_each_other_s_way():
    heap = Heap()
    listening(heap, local="~0badc0de:3001")

    assert only(who(surrounded(failing(heap, "~0badc0de:3001")).snapshot())).fd == 3


# What is not known


def test_nothing_holds_it_as_far_as_could_be_seen():
    answer = who(surrounded(failing(Heap()), sockets="no netlink here", hidden=3).snapshot())

    assert answer.holders == ()
    assert answer.unseen == ("not all could be seen: no netlink here; the descriptors of 3 processes")


def test_without_what_the_kernel_tells_the_handles_are_told():
    heap = Heap()
    listening(heap)

    answer = who(heap.snapshot(), ADDRESS)

    assert only(answer).fd == 3
    assert answer.unseen == "this snapshot tells nothing of other processes and their sockets"


@pytest.mark.parametrize(
    ("errno", "call", "told"),
    [(99, "bind", "no interface"), (13, "bind", "CAP_NET"), (111, "connect", "start the server")],
)
def test_another_error_than_an_address_in_use(errno: int, call: str, told: str):
    heap = surrounded(failing(Heap(), call=call))
    heap.header["errno"] = errno

    answer = who(heap.snapshot())

    assert answer.note is not None
    assert told in answer.note


def test_of_a_call_whose_address_is_not_known_there_are_words_too():
    found = failed_call(failing(Heap(), None, call="listen").snapshot())

    assert found is not None
    assert found.text == "listen() of fd 5 failed: EADDRINUSE, Address already in use"
