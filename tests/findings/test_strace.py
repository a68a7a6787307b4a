"""Calls as strace writes them."""

from __future__ import annotations

from errno import EBADF, ENOENT

import pytest

from pyhandles.findings.strace import call_text, plain_call
from tests.heap import Heap


@pytest.mark.parametrize(
    ("call", "fields", "text"),
    [
        ("openat", {"fd": 5, "opened": True, "detail": "/etc/hosts"}, 'openat("/etc/hosts") = 5'),
        ("open64", {"errno": ENOENT, "detail": "/x"}, 'open("/x") = -1 ENOENT (No such file or directory)'),
        ("open", {"fd": 5, "opened": True, "detail": 'a "b"\\'}, 'open("a \\"b\\"\\\\") = 5'),
        ("fopen", {"fd": 5, "opened": True, "result": 0, "detail": "/x"}, 'fopen("/x") = 5'),
        ("fopen64", {"errno": ENOENT, "detail": "/x"}, 'fopen("/x") = NULL ENOENT (No such file or directory)'),
        ("opendir", {"errno": ENOENT, "detail": "/x"}, 'opendir("/x") = NULL ENOENT (No such file or directory)'),
        ("socket", {"fd": 5, "opened": True}, "socket() = 5"),
        ("pipe2", {"fd": 5, "other": 6, "opened": True, "result": 0}, "pipe2([5, 6]) = 0"),
        ("pipe2", {"errno": 24}, "pipe2() = -1 EMFILE (Too many open files)"),
        ("accept4", {"fd": 5, "other": 3, "opened": True, "detail": "10.0.0.7:80"}, "accept4(3, 10.0.0.7:80) = 5"),
        ("accept", {"fd": 3, "errno": 11}, "accept(3) = -1 EAGAIN (Resource temporarily unavailable)"),
        ("dup", {"fd": 6, "other": 5, "opened": True}, "dup(5) = 6"),
        ("dup", {"fd": 99, "errno": EBADF}, "dup(99) = -1 EBADF (Bad file descriptor)"),
        ("dup2", {"fd": 1, "other": 5, "opened": True, "replaced": True}, "dup2(5, 1) = 1"),
        ("dup2", {"fd": 5, "errno": EBADF}, "dup2(5) = -1 EBADF (Bad file descriptor)"),
        ("dup2", {"fd": 5, "other": 5, "result": 5}, "dup2(5, 5) = 5"),
        ("fcntl64", {"fd": 6, "other": 5, "opened": True}, "fcntl(5, F_DUPFD) = 6"),
        ("recvmsg", {"fd": 6, "opened": True, "received": True}, "recvmsg(SCM_RIGHTS [6]) = 6"),
        ("close", {"fd": 5, "closed": True}, "close(5) = 0"),
        ("close", {"fd": 5, "errno": EBADF}, "close(5) = -1 EBADF (Bad file descriptor)"),
        ("close_range", {"fd": 3, "other": 1023, "closed": True}, "close_range(3, 1023) = 0"),
        ("close_range", {"fd": 3, "other": 2**31 - 1, "closed": True}, "close_range(3, ~0U) = 0"),
        ("freopen", {"fd": 5, "other": 5, "opened": True, "detail": "/x"}, 'freopen(5, "/x") = 5'),
        ("posix_spawn", {"result": 4243, "detail": "/bin/true"}, 'posix_spawn("/bin/true") = 4243'),
        ("closefrom", {"fd": 3, "other": 2**31 - 1, "closed": True}, "closefrom(3) = 0"),
        ("connect", {"fd": 5, "detail": "127.0.0.1:80"}, "connect(5, 127.0.0.1:80) = 0"),
        ("bind", {"fd": 5, "detail": "@name"}, "bind(5, @name) = 0"),
        ("listen", {"fd": 5}, "listen(5) = 0"),
        ("send", {"fd": 5, "result": 12}, "send(5) = 12"),
        ("fork", {"result": 4243}, "fork() = 4243"),
    ],
)
def test_a_call(call: str, fields: dict[str, int], text: str):
    heap = Heap()
    heap.event(call, **fields)

    assert call_text(heap.snapshot().events[0]) == text


@pytest.mark.parametrize(
    ("names", "plain"),
    [
        (("open", "open64", "__open_2", "__open64_2"), "open"),
        (("recvfrom", "__recvfrom_chk"), "recvfrom"),
        (("pipe2",), "pipe2"),
        (("accept4",), "accept4"),
        (("dup3",), "dup3"),
        (("epoll_create1",), "epoll_create1"),
    ],
)
def test_the_name_that_a_program_calls_it_by(names: tuple[str, ...], plain: str):
    assert {plain_call(name) for name in names} == {plain}
