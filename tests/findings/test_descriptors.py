from __future__ import annotations

import pytest

from pyhandles.findings.descriptors import common_target, kind_of, target_of
from tests.heap import Heap

REGULAR, DIRECTORY, CHARACTER, BLOCK, FIFO = 0o100644, 0o040755, 0o020620, 0o060660, 0o010644
TCP = {"family": 2, "socktype": 1, "protocol": 6, "listening": 0}
TCP6 = TCP | {"family": 10}
UDP = {"family": 2, "socktype": 2, "protocol": 17, "listening": 0}
UNIX = {"family": 1, "socktype": 1, "protocol": 0, "listening": 0}


def descriptor(link: str, **fields):
    heap = Heap()
    heap.descriptor(3, link, **fields)
    return heap.snapshot().descriptors[0]


@pytest.mark.parametrize(
    ("link", "mode", "kind"),
    [
        ("socket:[123]", 0, "socket"),
        ("pipe:[123]", FIFO, "pipe"),
        ("anon_inode:[eventpoll]", 0, "epoll"),
        ("anon_inode:[eventfd]", 0, "eventfd"),
        ("anon_inode:[timerfd]", 0, "timerfd"),
        ("anon_inode:[signalfd]", 0, "signalfd"),
        ("anon_inode:inotify", 0, "inotify"),
        ("anon_inode:[pidfd]", 0, "pidfd"),
        ("pidfd:[77]", 0, "pidfd"),
        ("anon_inode:[io_uring]", 0, "other"),
        ("/memfd:arena (deleted)", REGULAR, "memfd"),
        ("/srv", DIRECTORY, "dir"),
        ("/dev/pts/3", CHARACTER, "tty"),
        ("/dev/tty", CHARACTER, "tty"),
        ("/dev/ttyS0", CHARACTER, "tty"),
        ("/dev/null", CHARACTER, "device"),
        ("/dev/sda", BLOCK, "device"),
        ("/run/commands", FIFO, "fifo"),
        ("/srv/app.log", REGULAR, "file"),
        ("/srv/socket:[1]", REGULAR, "file"),
        ("mnt:[4026]", 0, "other"),
    ],
)
def test_the_kind_of_a_descriptor(link, mode, kind):
    assert kind_of(descriptor(link, mode=mode)) == kind


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        (TCP | {"local": "10.0.0.1:8", "peer": "10.0.0.7:80", "state": 1}, "tcp 10.0.0.1:8 → 10.0.0.7:80 ESTABLISHED"),
        (TCP | {"local": "10.0.0.1:8", "peer": "10.0.0.7:80", "state": 8}, "tcp 10.0.0.1:8 → 10.0.0.7:80 CLOSE_WAIT"),
        (TCP6 | {"local": "[::1]:8", "peer": "[::1]:80", "state": 1}, "tcp [::1]:8 → [::1]:80 ESTABLISHED"),
        (TCP | {"local": "0.0.0.0:80", "peer": "", "listening": 1, "state": 10}, "tcp 0.0.0.0:80 LISTEN"),
        (TCP | {"local": "0.0.0.0:0", "peer": "", "state": 7}, "tcp 0.0.0.0:0 CLOSE"),
        (TCP | {"local": "10.0.0.1:8", "peer": "", "state": 2}, "tcp 10.0.0.1:8 SYN_SENT"),
        (TCP | {"local": "10.0.0.1:8", "peer": "", "state": 99}, "tcp 10.0.0.1:8"),
        (UDP | {"local": "127.0.0.1:53", "peer": ""}, "udp 127.0.0.1:53"),
        (UDP | {"local": "127.0.0.1:5", "peer": "127.0.0.1:53"}, "udp 127.0.0.1:5 → 127.0.0.1:53"),
        (UNIX | {"local": "/run/x.sock", "peer": ""}, "unix /run/x.sock"),
        (UNIX | {"local": "", "peer": "/run/x.sock"}, "unix /run/x.sock"),
        (UNIX | {"local": "@name", "peer": ""}, "unix @name"),
        (UNIX | {"local": "", "peer": ""}, "unix -"),
        ({"family": 16, "local": "pid 4 groups 0"}, "socket:[123]"),
        ({}, "socket:[123]"),
    ],
)
def test_the_target_of_a_socket(fields, target):
    assert target_of(descriptor("socket:[123]", **fields)) == target


def test_the_target_of_anything_else_is_what_the_kernel_calls_it():
    assert target_of(descriptor("/srv/app.log (deleted)", mode=REGULAR)) == "/srv/app.log (deleted)"


@pytest.mark.parametrize(
    ("target", "common"),
    [
        ("tcp 10.0.0.7:50112 → 10.0.0.9:80 ESTABLISHED", "tcp → 10.0.0.9:80"),
        ("tcp [::1]:50112 → [::1]:80 CLOSE_WAIT", "tcp → [::1]:80"),
        ("tcp 0.0.0.0:80 LISTEN", "tcp 0.0.0.0:80 LISTEN"),
        ("/dev/null", "/dev/null"),
        ("/var/log/a b → c d", "/var/log/a b → c d"),
        ("pipe:[1234]", None),
        ("anon_inode:[eventpoll]", None),
        ("unix -", None),
        ("unix @control", "unix @control"),
    ],
)
def test_what_many_targets_have_in_common(target, common):
    assert common_target(target) == common
