"""Which descriptor an object claims, by its type.

What Python does not show is not told: the number of an `mmap`, and of a directory being read by `os.scandir`.
"""

from __future__ import annotations

import _io
import _socket
import select
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from pyhandles.dump.portable.classes import mro_of
from pyhandles.format import OwnerFlag, OwnerKind

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_FLAG = OwnerFlag(0)
_closefd_of = _io.FileIO.__dict__["closefd"].__get__
_is_closed = socket.socket.__dict__["_closed"].__get__
_uses_of = socket.socket.__dict__["_io_refs"].__get__


class Owner(NamedTuple):
    """A row of the table "owners", but for the object."""

    fd: int
    kind: OwnerKind
    flags: OwnerFlag
    uses: int


def owner(each: Any) -> Owner | None:
    """What an object claims, or None."""
    for kind in mro_of(type(each)):
        if kind in _FAMILIES:
            return _FAMILIES[kind](each)
    return None


def is_family(kind: type) -> bool:
    return any(base in _FAMILIES for base in mro_of(kind))


def _file(each: Any) -> Owner:
    flags = _NO_FLAG if _closefd_of(each) else OwnerFlag.BORROWED
    return _owner(OwnerKind.FILE, _number(_io.FileIO.fileno, each), flags)


def _epoll(each: Any) -> Owner:
    return _owner(OwnerKind.EPOLL, _number(select.epoll.fileno, each))


def _socket_owner(each: Any) -> Owner:
    fd, flags, uses = _socket.socket.fileno(each), _NO_FLAG, 0
    if issubclass(type(each), socket.socket):
        try:
            uses = _uses_of(each)
            if _is_closed(each) and fd >= 0:
                flags = OwnerFlag.CLOSING
        except AttributeError:  # its __init__ has not come to its end
            uses = 0
    return _owner(OwnerKind.SOCKET, fd, flags, uses)


def _number(read: Callable[[Any], int], each: Any) -> int:
    try:
        return read(each)
    except ValueError:  # it is closed
        return -1


def _owner(kind: OwnerKind, fd: int, flags: OwnerFlag = _NO_FLAG, uses: int = 0) -> Owner:
    return Owner(max(fd, -1), kind, flags if fd >= 0 else flags | OwnerFlag.CLOSED, uses)


_FAMILIES: dict[type, Callable[[Any], Owner]] = {
    _io.FileIO: _file,
    _socket.socket: _socket_owner,
    select.epoll: _epoll,
}
