"""Sockets: what ``makefile()`` puts around one, and the objects that TLS adds."""

from __future__ import annotations

WRAPPERS = frozenset({"socket.SocketIO", "_ssl._SSLSocket", "ssl.SSLObject"})
