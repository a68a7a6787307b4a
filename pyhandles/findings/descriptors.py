"""A descriptor as the kernel tells it: its kind and its target."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhandles.snapshot.kernel import Socket
    from pyhandles.snapshot.records import Descriptor

KINDS = (
    "file",
    "socket",
    "pipe",
    "fifo",
    "epoll",
    "eventfd",
    "timerfd",
    "signalfd",
    "inotify",
    "memfd",
    "pidfd",
    "dir",
    "tty",
    "device",
    "other",
)

_ANONYMOUS = {
    "anon_inode:[eventpoll]": "epoll",
    "anon_inode:[eventfd]": "eventfd",
    "anon_inode:[timerfd]": "timerfd",
    "anon_inode:[signalfd]": "signalfd",
    "anon_inode:[pidfd]": "pidfd",
    "anon_inode:inotify": "inotify",
    "anon_inode:[inotify]": "inotify",
}
_PREFIXES = {
    "socket:[": "socket",
    "pipe:[": "pipe",
    "pidfd:[": "pidfd",
    "/memfd:": "memfd",
    "/dev/pts/": "tty",
    # What else has no file behind it: newer kernels call its mode a regular file's.
    "anon_inode:": "other",
}
_TTYS = {"/dev/tty", "/dev/console", "/dev/ptmx"}
# Linux's numbers, wherever the snapshot is read.
_UNIX = 1
_INTERNET = {2, 10}
_TCP = 6
_UDP = 17
_LISTEN = 10
_TCP_STATES = (
    "",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "NEW_SYN_RECV",
)


def kind_of(descriptor: Descriptor) -> str:
    """``socket``, ``pipe``, ``file``, …: by the link's text first, by the mode where that says nothing."""
    link = descriptor.link or ""
    if link in _ANONYMOUS:
        return _ANONYMOUS[link]
    for prefix, kind in _PREFIXES.items():
        if link.startswith(prefix):
            return kind
    return _kind_by_mode(descriptor.mode, is_tty=link in _TTYS or link.startswith("/dev/tty"))


def _kind_by_mode(mode: int, *, is_tty: bool) -> str:
    if stat.S_ISDIR(mode):
        return "dir"
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return "tty" if is_tty else "device"
    if stat.S_ISSOCK(mode):
        return "socket"
    if stat.S_ISFIFO(mode):
        return "fifo"
    return "file" if stat.S_ISREG(mode) else "other"


def target_of(descriptor: Descriptor) -> str:
    """``tcp A:P → B:Q ESTABLISHED``, ``unix @NAME``, …; what is no socket of these, by the link's text."""
    return _socket_target(descriptor, is_listening=descriptor.listening == 1) or descriptor.link or "?"


def tcp_state(state: int) -> str:
    """``TIME_WAIT``, ``LISTEN``, …; nothing for a number that is none."""
    return _TCP_STATES[state] if 0 < state < len(_TCP_STATES) else ""


def target_of_socket(socket: Socket) -> str:
    """The same of a socket of the system, which may be no descriptor's."""
    return _socket_target(socket, is_listening=socket.state == _LISTEN) or f"socket:[{socket.inode}]"


def state_of(socket: Socket | Descriptor) -> str:
    """``CLOSE_WAIT`` of a tcp socket; "" of any other."""
    is_tcp = socket.family in _INTERNET and socket.protocol == _TCP
    return tcp_state(socket.state) if is_tcp else ""


def _socket_target(socket: Socket | Descriptor, *, is_listening: bool) -> str | None:
    if socket.family == _UNIX:
        return f"unix {socket.local or socket.peer or '-'}"
    if socket.family not in _INTERNET or socket.local is None or socket.protocol not in {_TCP, _UDP}:
        return None
    protocol = "tcp" if socket.protocol == _TCP else "udp"
    if protocol == "tcp" and is_listening:
        return f"tcp {socket.local} LISTEN"
    peer = f" → {socket.peer}" if socket.peer and not _NO_PEER.fullmatch(socket.peer) else ""
    return f"{protocol} {socket.local}{peer} {state_of(socket)}".rstrip()


def common_target(target: str) -> str | None:
    """What the targets of many descriptors have in common: ``tcp → B:Q``, for each has a port of its own.

    None where it is another for each, as the number of a pipe.
    """
    if _NUMBERED.fullmatch(target):
        return None
    return _CONNECTION.sub(r"\1 → \2", target)


_NO_PEER = re.compile(r"(?:0\.0\.0\.0|\[::\]):0")
_CONNECTION = re.compile(r"^(tcp|udp) \S+ → (\S+).*", re.DOTALL)
_NUMBERED = re.compile(r"(?:pipe|socket|anon_inode):\[?.*|unix -|\?")
