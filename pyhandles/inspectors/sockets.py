"""Sockets: what ``makefile()`` puts around one, the objects that TLS adds, and the selectors that watch them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Fields, Rule

WRAPPERS = frozenset({"socket.SocketIO", "_ssl._SSLSocket", "ssl.SSLObject", "selectors.SelectorKey"})

WATCHERS: dict[str, frozenset[str]] = {
    "selectors.EpollSelector": frozenset({"_selector"}),
    "selectors.PollSelector": frozenset(),
    "selectors.SelectSelector": frozenset(),
    "selectors._SelectorMapping": frozenset(),
}

FIELDS: Fields = {
    ("socket.SocketIO", "_sock"): fixed("socket with a makefile()", "close what makefile() returned, too"),
}

TYPES: dict[str, Rule] = {"ssl.SSLSocket": fixed("TLS connection"), "select.epoll": fixed("select.epoll object")}
