"""The largest group of descriptors alike, in words: ``58 tcp sockets to 10.0.0.7:5432``."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyhandles.dump.portable.descriptors import Descriptor


def largest_group(descriptors: list[Descriptor]) -> str:
    """Empty where no more than three are alike, as standard input, output and error mostly are."""
    counts: dict[str, int] = {}
    for each in descriptors:
        group = _group(each)
        counts[group] = counts.get(group, 0) + 1
    name = max(counts, key=lambda each: counts[each], default="")
    return f"{counts[name]} {name}" if name and counts[name] > 3 else ""


def _group(descriptor: Descriptor) -> str:
    """What it has in common with its like: where it leads to, without its own numbers."""
    link = descriptor.link
    if stat.S_ISSOCK(descriptor.mode):
        return _socket_group(descriptor)
    if stat.S_ISREG(descriptor.mode) and link.startswith("/"):
        return f"files in {os.path.dirname(link)}"
    if link.startswith("/"):
        return f"of {'the directory ' if stat.S_ISDIR(descriptor.mode) else ''}{link}"
    if link.startswith("anon_inode:"):
        return f"of {link.removeprefix('anon_inode:')}"
    return f"{link.partition(':')[0]}s"


def _socket_group(descriptor: Descriptor) -> str:
    name = _protocol_name(descriptor)
    if descriptor.listening == 1:
        return f"{name} sockets that listen"
    if descriptor.peer and descriptor.family != socket.AF_UNIX:
        return f"{name} sockets to {descriptor.peer}"
    if descriptor.family == socket.AF_UNIX and descriptor.local:
        return f"{name} sockets at {descriptor.local}"
    return f"{name} sockets{' without an address' if descriptor.local.endswith(':0') else ''}"


def _protocol_name(descriptor: Descriptor) -> str:
    if descriptor.family in {socket.AF_INET, socket.AF_INET6}:
        return _PROTOCOLS.get(descriptor.protocol, "ip")
    return _FAMILIES.get(descriptor.family, "other")


_PROTOCOLS: dict[int, str] = {socket.IPPROTO_TCP: "tcp", socket.IPPROTO_UDP: "udp"}
_FAMILIES: dict[int, str] = {socket.AF_UNIX: "unix", socket.AF_NETLINK: "netlink", socket.AF_PACKET: "packet"}
