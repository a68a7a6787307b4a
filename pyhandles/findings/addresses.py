"""Addresses of sockets as the kernel tells them: ``10.0.0.7:80``, ``[::1]:80``, ``/run/x.sock``, ``@abstract``."""

from __future__ import annotations

import re
from typing import NamedTuple

_INTERNET = re.compile(
    r"(?:(?P<four>[0-9.]+|~[0-9a-f]*)|\[(?P<six>[0-9A-Fa-f:.]+|~[0-9a-f]*)(?:%\w+)?\]):(?P<port>[0-9]{1,5})"
)
_MAPPED = "::ffff:"
_ANY_FOUR = "0.0.0.0"  # noqa: S104  # Addresses are compared, none is bound.
_ANY = frozenset({_ANY_FOUR, "::"})


class Endpoint(NamedTuple):
    """host: without brackets; of an IPv4 address in an IPv6 socket, the IPv4 address. Hashed in a redacted snapshot."""

    host: str
    port: int

    @property
    def is_any(self) -> bool:
        """Whether it stands for every address of the machine."""
        return self.host in _ANY

    def covers(self, other: Endpoint) -> bool:
        """Whether it stands for the other's host too: ``::`` for IPv4's, unless IPV6_V6ONLY, which is not known."""
        return self.host in {other.host, "::"} or (self.host == _ANY_FOUR and ":" not in other.host)


def endpoint(address: str | None) -> Endpoint | None:
    """Host and port; None for what is no address of the internet's."""
    found = _INTERNET.fullmatch(address or "")
    if found is None:
        return None
    six = found["six"]
    host = found["four"] or (six.removeprefix(_MAPPED) if "." in six else six)
    return Endpoint(host, int(found["port"]))


def collide(one: str | None, other: str | None) -> bool:
    """Whether a socket at one of the addresses is in the way of another one's binding to the other."""
    if not one or not other:
        return False
    if one == other:
        return True
    first, second = endpoint(one), endpoint(other)
    if first is None or second is None or first.port != second.port or not first.port:
        return False
    return first.covers(second) or second.covers(first)
