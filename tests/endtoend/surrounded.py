"""A program that stands in every situation of which the kernel alone can tell, captures itself, and prints what the
snapshot says: one line of JSON. ``told``: for each situation, whether it is told as it is; ``kernel``: what the header
says was not seen, and why; ``mode``: how it was captured.

    python -m tests.endtoend.surrounded [user] [daemon] [loopback] [full] [in-place] [refused=CALL…]

user: as an ordinary one, without capabilities; daemon: the same, but as one that was begun by root, into which its own
kind may not look; loopback: have that interface up first; full: without a free descriptor; refused: kcmp, ptrace or
process_vm_readv, by EPERM.
It needs nothing but the standard library.
"""

from __future__ import annotations

import codecs
import ctypes
import fcntl
import json
import os
import resource
import select
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import pyhandles.dump.installation
from pyhandles.format import AccessFlag, WaitState
from tests import seccomp
from tests.native.plain import Plain

OPTIONS = sys.argv[1:]
codecs.lookup("idna")  # which connecting needs: an ordinary user may not be let into the folder of this Python
TIME_WAIT = 6
NOBODY = 65534
PR_SET_DUMPABLE = 4
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
CALLS = {"kcmp": seccomp.KCMP, "ptrace": seccomp.PTRACE, "process_vm_readv": seccomp.PROCESS_VM_READV}

Rows = list[dict[str, int]]
Check = Callable[[Plain], bool]
SITUATIONS: dict[str, Check] = {}


def situation(name: str) -> Callable[[Callable[[], Check]], None]:
    """The function brings it about, and returns what looks for it in the snapshot."""

    def bring_about(function: Callable[[], Check]) -> None:
        SITUATIONS[name] = function()

    return bring_about


def become_an_ordinary_user() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    if "daemon" not in OPTIONS:
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # as a program that is begun by the user has it


def raise_loopback() -> None:
    with socket.socket() as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def rows(snapshot: Plain, table: str, **wanted: int) -> Rows:
    return [row for row in snapshot.rows(table) if wanted.items() <= row.items()]


def inode(number: int) -> int:
    return os.fstat(number).st_ino


def receive(sock: socket.socket, state: SimpleQueue[int]) -> None:
    """Wait for a message for good; give a descriptor before, that tells whether the thread does so yet."""
    try:
        state.put(os.open("/proc/thread-self/stat", os.O_RDONLY))
    except OSError:
        state.put(-1)  # nothing about threads is to be seen here
    sock.recvfrom(1)


def is_asleep(state: int) -> bool:
    return state < 0 or os.pread(state, 4096, 0).rpartition(b")")[2].split()[0] == b"S"


if "loopback" in OPTIONS:
    raise_loopback()
if {"user", "daemon"} & set(OPTIONS):
    become_an_ordinary_user()
FOLDER = tempfile.mkdtemp()
KEPT: list[Any] = []
CHILDREN: list[int] = []
READ, WRITE = os.pipe()


@situation("a child that inherited")
def _() -> Check:
    child = os.fork()
    if child == 0:
        os.close(WRITE)
        os.read(READ, 1)
        os._exit(0)

    def look(snapshot: Plain) -> bool:
        held = rows(snapshot, "held_elsewhere", pid=child, fd=READ, inode=inode(READ), access=AccessFlag.READ)
        return len(held) == len(rows(snapshot, "processes", pid=child, parent=os.getpid(), visible=1)) == 1

    CHILDREN.append(child)
    return look


@situation("that what it inherited is the same open file")
def _() -> Check:
    return lambda snapshot: len(rows(snapshot, "held_elsewhere", pid=CHILDREN[0], fd=READ, same=READ)) == 1


@situation("a thread in a call")
def _() -> Check:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    states: SimpleQueue[int] = SimpleQueue()
    thread = threading.Thread(target=receive, args=(udp, states), daemon=True)
    thread.start()
    native = thread.native_id or 0
    state = states.get()
    while not is_asleep(state):
        time.sleep(0.001)
    KEPT.append(udp)

    def look(snapshot: Plain) -> bool:
        found = rows(snapshot, "waits", native=native, state=WaitState.CALL, fd=udp.fileno())
        return [snapshot.text(row["call"]) for row in found] == ["recvfrom"]

    return look


@situation("a duplicate of a socket")
def _() -> Check:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    copy = os.dup(udp.fileno())
    KEPT.append(udp)
    return lambda snapshot: len(rows(snapshot, "files", fd=copy, same=udp.fileno())) == 1


@situation("a duplicate of a pipe")
def _() -> Check:
    copy = os.dup(WRITE)
    return lambda snapshot: len(rows(snapshot, "files", fd=copy, same=WRITE)) == 1


@situation("a duplicate of a file")
def _() -> Check:
    opened = os.open(f"{FOLDER}/file", os.O_RDWR | os.O_CREAT)
    copy = os.dup(opened)
    return lambda snapshot: len(rows(snapshot, "files", fd=copy, same=opened)) == 1


@situation("a closed number in an epoll")
def _() -> Check:
    epoll = select.epoll()
    copy = os.dup(READ)
    epoll.register(copy, select.EPOLLIN)
    os.close(copy)
    KEPT.append(epoll)
    return lambda snapshot: len(rows(snapshot, "watches", set=epoll.fileno(), fd=copy, inode=inode(READ))) == 1


@situation("both ends of a Unix pair")
def _() -> Check:
    left, right = socket.socketpair()
    KEPT.extend([left, right])

    def look(snapshot: Plain) -> bool:
        ends = (inode(left.fileno()), inode(right.fileno()))
        return all(rows(snapshot, "sockets", inode=a, peer_inode=b) for a, b in (ends, ends[::-1]))

    return look


@situation("an address in TIME_WAIT")
def _() -> Check:
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    accepted.close()
    client.recv(1)
    client.close()
    KEPT.append(server)

    def look(snapshot: Plain) -> bool:
        local = "{}:{}".format(*server.getsockname())
        found = rows(snapshot, "sockets", state=TIME_WAIT, inode=0)
        return any(snapshot.text(row["local"]) == local and row["expires"] > 0 for row in found)

    return look


def allow(most: int) -> None:
    """So many descriptors."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def fill() -> None:
    try:
        while True:
            os.open("/dev/null", os.O_RDONLY)
    except OSError:
        pass


def capture() -> Plain:
    """Threads are looked at for a moment only: where the machine has too much to do, the snapshot says so."""
    while True:
        allow(64)
        if "full" in OPTIONS:
            fill()
        path = pyhandles.capture()
        allow(100)
        snapshot = Plain(path)
        if " time" not in (snapshot.header["kernel"]["waits"] or ""):
            return snapshot


pyhandles.install(f"{FOLDER}/snapshot.pkl", on=(), quiet=True, fork="in-place" not in OPTIONS)
seccomp.refuse(*(CALLS[option.partition("=")[2]] for option in OPTIONS if option.startswith("refused=")))
snapshot = capture()
told = {name: look(snapshot) for name, look in SITUATIONS.items()}
print(json.dumps({"told": told, "kernel": snapshot.header["kernel"], "mode": snapshot.header["capture"]["mode"]}))
shutil.rmtree(FOLDER)
os.write(WRITE, b"x")
sys.stdout.flush()
os._exit(0)  # the thread stays in its call
