"""Every family, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors import (
    aiohttp,
    archives,
    asyncio,
    directories,
    http,
    httpx,
    io,
    logs,
    mapped,
    processes,
    sockets,
    subprocesses,
    tempfiles,
)

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Fields, Rule

WRAPPERS = frozenset().union(
    archives.WRAPPERS, asyncio.WRAPPERS, io.WRAPPERS, processes.WRAPPERS, sockets.WRAPPERS, tempfiles.WRAPPERS
)
"""Names of the types whose instances are wrappers; instances of their subclasses are, too."""

LIBRARY = frozenset().union(
    aiohttp.LIBRARY,
    archives.LIBRARY,
    asyncio.LIBRARY,
    http.LIBRARY,
    httpx.LIBRARY,
    mapped.LIBRARY,
    processes.LIBRARY,
    subprocesses.LIBRARY,
)
"""Names of the types whose instances a user may hold, or a library for itself: passed over where the user's object
holds them, named where nobody does. Of a subclass they are the user's."""

WATCHERS = sockets.WATCHERS | asyncio.WATCHERS
"""Types that hold what they watch: type → the fields that hold parts of their own instead."""

FIELDS: Fields = {
    **aiohttp.FIELDS,
    **httpx.FIELDS,
    **asyncio.FIELDS,
    **subprocesses.FIELDS,
    **http.FIELDS,
    **processes.FIELDS,
    **archives.FIELDS,
    **logs.FIELDS,
    **tempfiles.FIELDS,
    **mapped.FIELDS,
    **sockets.FIELDS,
}
"""What is told by the object in whose field an owner lies. What says most comes first: clients stand before the
transports of asyncio that they are made of, asyncio's pipes before those of `subprocess`."""

TYPES: dict[str, Rule] = {**directories.TYPES, **mapped.TYPES, **sockets.TYPES}
"""What is told by the owner's own type, where no field says more."""
