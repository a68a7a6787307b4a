"""A descriptor as the kernel tells it: its kind and its target."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhandles.snapshot.records import Descriptor

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
}
_TTYS = {"/dev/tty", "/dev/console", "/dev/ptmx"}
# Linux's numbers, wherever the snapshot is read.
_UNIX = 1
_INTERNET = {2, 10}
_TCP = 6
_UDP = 17
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
    if descriptor.family == _UNIX:
        return f"unix {descriptor.local or descriptor.peer or '-'}"
    if descriptor.family in _INTERNET and descriptor.local is not None:
        if descriptor.protocol == _TCP:
            return _tcp(descriptor)
        if descriptor.protocol == _UDP:
            return _between("udp", descriptor)
    return descriptor.link or "?"


def _tcp(descriptor: Descriptor) -> str:
    if descriptor.listening == 1:
        return f"tcp {descriptor.local} LISTEN"
    state = _TCP_STATES[descriptor.state] if 0 < descriptor.state < len(_TCP_STATES) else ""
    return f"{_between('tcp', descriptor)} {state}".rstrip()


def _between(protocol: str, descriptor: Descriptor) -> str:
    peer = f" → {descriptor.peer}" if descriptor.peer else ""
    return f"{protocol} {descriptor.local}{peer}"
