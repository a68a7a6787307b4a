"""The descriptor table as the kernel sees it. Nothing here needs a free descriptor."""

from __future__ import annotations

import fcntl
import os
import resource
import socket
import stat
from typing import NamedTuple

from pyhandles.dump.portable import kernel
from pyhandles.dump.portable.addresses import address_text

HIGHEST_PROBED = 1 << 20

Identities = dict[int, tuple[int, int]]
"""Device and inode of each descriptor."""


class Descriptor(NamedTuple):
    """A row of the table "descriptors" of `pyhandles.format`, texts not yet numbered."""

    fd: int
    link: str
    mode: int
    device: int
    inode: int
    size: int
    position: int
    flags: int
    cloexec: int
    family: int
    socktype: int
    protocol: int
    listening: int
    state: int
    local: str
    peer: str
    start: int


def identify() -> Identities:
    """What is open now, to be known again. Needs a free descriptor, and is for the service itself."""
    identities = {}
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:  # without it nothing counts as inherited; no reason to fail
        return {}
    for name in names:
        try:
            found = os.fstat(int(name))
        except OSError:  # the directory that was just read
            continue
        identities[int(name)] = (found.st_dev, found.st_ino)
    return identities


def describe_all(identities: Identities, *, own_table: bool) -> list[Descriptor]:
    """Every open descriptor, ascending.

    Where no number is free, and the descriptor table is a copy of its own, it closes the lowest one, after describing
    it, to be able to list the rest.
    """
    rows = []
    try:
        numbers = _list_numbers()
    except OSError:
        if not own_table:
            return _describe_open(_probe_numbers(), identities)
        lowest = next(fd for fd in range(HIGHEST_PROBED) if kernel.control(fd, fcntl.F_GETFD) >= 0)
        rows += _describe_open([lowest], identities)
        kernel.close(lowest)
        try:
            numbers = _list_numbers()
        except OSError:  # there is no /proc
            numbers = _probe_numbers()
    return rows + _describe_open(numbers, identities)


def _list_numbers() -> list[int]:
    names = kernel.list_directory(b"/proc/self/fd")
    return sorted(int(name) for name in names if name.isdigit())


def _probe_numbers() -> list[int]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return list(range(HIGHEST_PROBED if soft == resource.RLIM_INFINITY else min(soft, HIGHEST_PROBED)))


def _describe_open(numbers: list[int], identities: Identities) -> list[Descriptor]:
    """What is open of these; the directory that they were read from is not, by now."""
    return [_describe(fd, flags, identities) for fd in numbers if (flags := kernel.control(fd, fcntl.F_GETFD)) >= 0]


def close_all(descriptors: list[Descriptor]) -> None:
    for each in descriptors:
        kernel.close(each.fd)


def _describe(fd: int, flags: int, identities: Identities) -> Descriptor:
    status = kernel.status(fd) or kernel.Status(0, 0, 0, 0)
    is_socket = stat.S_ISSOCK(status.mode)
    has_position = stat.S_ISREG(status.mode) or stat.S_ISBLK(status.mode)
    protocol = _option(fd, socket.SO_PROTOCOL) if is_socket else -1
    return Descriptor(
        fd=fd,
        link=os.fsdecode(kernel.read_link(b"/proc/self/fd/%d" % fd)),
        mode=status.mode,
        device=status.device,
        inode=status.inode,
        size=status.size,
        position=kernel.position(fd) if has_position else -1,
        flags=kernel.control(fd, fcntl.F_GETFL),
        cloexec=int(bool(flags & fcntl.FD_CLOEXEC)),
        family=_option(fd, socket.SO_DOMAIN) if is_socket else -1,
        socktype=_option(fd, socket.SO_TYPE) if is_socket else -1,
        protocol=protocol,
        listening=_option(fd, socket.SO_ACCEPTCONN) if is_socket else -1,
        state=_tcp_state(fd) if protocol == socket.IPPROTO_TCP else -1,
        local=address_text(kernel.socket_address(fd, peer=False)) if is_socket else "",
        peer=address_text(kernel.socket_address(fd, peer=True)) if is_socket else "",
        start=int(identities.get(fd) == (status.device, status.inode)),
    )


def _option(fd: int, option: int) -> int:
    data = kernel.socket_option(fd, socket.SOL_SOCKET, option)
    return int.from_bytes(data, kernel.BYTE_ORDER, signed=True) if data else -1


def _tcp_state(fd: int) -> int:
    data = kernel.socket_option(fd, socket.IPPROTO_TCP, socket.TCP_INFO)
    return data[0] if data else -1
