"""Sockets' addresses as people write them, from the kernel's ``sockaddr``."""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FAMILY = struct.Struct("=H")
_NETWORK_SHORT, _INT, _TWO_INTS = struct.Struct(">H"), struct.Struct("=I"), struct.Struct("=II")


def address_text(data: bytes) -> str:
    """``10.0.0.7:80``, ``[::1]:80``, ``/run/x.sock``, ``@abstract``; empty for an unnamed or unknown one."""
    if len(data) < _FAMILY.size:
        return ""
    [family] = _FAMILY.unpack_from(data)
    decode = _DECODERS.get(family)
    return decode(data) if decode else ""


def _inet(data: bytes) -> str:
    [port] = _NETWORK_SHORT.unpack_from(data, 2)
    return f"{socket.inet_ntop(socket.AF_INET, data[4:8])}:{port}"


def _inet6(data: bytes) -> str:
    [port] = _NETWORK_SHORT.unpack_from(data, 2)
    [scope] = _INT.unpack_from(data, 24)
    host = socket.inet_ntop(socket.AF_INET6, data[8:24])
    return f"[{host}%{scope}]:{port}" if scope else f"[{host}]:{port}"


def _unix(data: bytes) -> str:
    path = data[2:]
    if path[:1] == b"\0":
        return path.replace(b"\0", b"@").decode(sys.getfilesystemencoding(), "surrogateescape")
    return path.partition(b"\0")[0].decode(sys.getfilesystemencoding(), "surrogateescape")


def _netlink(data: bytes) -> str:
    pid, groups = _TWO_INTS.unpack_from(data, 4)
    return f"pid {pid} groups {groups}"


def _packet(data: bytes) -> str:
    [protocol] = _NETWORK_SHORT.unpack_from(data, 2)
    [interface] = _INT.unpack_from(data, 4)
    return f"interface {interface} protocol 0x{protocol:04x}"


def _vsock(data: bytes) -> str:
    port, cid = _TWO_INTS.unpack_from(data, 4)
    return f"{cid}:{port}"


_DECODERS: dict[int, Callable[[bytes], str]] = {
    socket.AF_INET: _inet,
    socket.AF_INET6: _inet6,
    socket.AF_UNIX: _unix,
    socket.AF_NETLINK: _netlink,
    socket.AF_PACKET: _packet,
    socket.AF_VSOCK: _vsock,
}
