"""Every family, one line each."""

from __future__ import annotations

from pyhandles.inspectors import asyncio, io, sockets, tempfiles

WRAPPERS = frozenset().union(io.WRAPPERS, sockets.WRAPPERS, tempfiles.WRAPPERS, asyncio.WRAPPERS)
"""Names of the types whose instances are wrappers; instances of their subclasses are, too."""
