"""Rows of the tables in which the kernel tells what is around the process; see `pyhandles.format` for the fields.

Times are nanoseconds since 1970, ``asleep`` is nanoseconds, ``expires`` milliseconds; a thread is the kernel's number.
"""

from __future__ import annotations

from typing import NamedTuple


class Wait(NamedTuple):
    """What a thread was doing. state: `WaitState`. fd: as it was given to the call, which may be another's by now."""

    native: int
    state: int
    call: str | None
    fd: int
    other: int
    asleep: int


class Watch(NamedTuple):
    """A number that is waited for, by the epoll ``set``, or where that is -1, by a thread in poll or select."""

    set: int
    native: int
    fd: int
    events: int
    device: int
    inode: int


class OpenFile(NamedTuple):
    """The open file behind a descriptor. same: the lowest descriptor with the same one; -1 where not known."""

    fd: int
    same: int
    unsent: int
    unread: int
    linger: int
    peer_pid: int
    terminal: int


class Socket(NamedTuple):
    """A socket of the system. inode: 0 where no process can have it any more."""

    inode: int
    family: int
    socktype: int
    protocol: int
    state: int
    local: str | None
    peer: str | None
    unsent: int
    unread: int
    uid: int
    timer: int
    expires: int
    peer_inode: int


class HeldElsewhere(NamedTuple):
    """Another process's descriptor. same: one of ours with the same open file; -1: none, -2: not known.

    terminal: of which it is the other end, -1 for none.
    """

    pid: int
    fd: int
    device: int
    inode: int
    same: int
    access: int
    terminal: int


class Process(NamedTuple):
    """visible: 1 where its descriptors could be seen."""

    pid: int
    parent: int
    started: int
    uid: int
    name: str | None
    command: str | None
    visible: int
