"""httpx: the connections of its clients, over httpcore, and over anyio where they are asynchronous."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Fields

LIBRARY = frozenset(
    {
        "anyio._backends._asyncio.SocketStream",
        "anyio.streams.tls.TLSStream",
        "httpcore.AsyncConnectionPool",
        "httpcore.AsyncHTTP11Connection",
        "httpcore.AsyncHTTPConnection",
        "httpcore.ConnectionPool",
        "httpcore.HTTP11Connection",
        "httpcore.HTTPConnection",
        "httpcore._backends.anyio.AnyIOStream",
        "httpcore._backends.sync.SyncStream",
        "httpx.AsyncClient",
        "httpx.AsyncHTTPTransport",
        "httpx.Client",
        "httpx.HTTPTransport",
        "httpx.Response",
    }
)

_anyio = fixed("connection of an anyio stream", "await stream.aclose()")

FIELDS: Fields = {
    ("httpcore._backends.sync.SyncStream", "_sock"): fixed(
        "connection of an httpx.Client",
        "one client for many requests, and client.close(), or with httpx.Client() as client:",
    ),
    ("httpcore._backends.anyio.AnyIOStream", "_stream"): fixed(
        "connection of an httpx.AsyncClient",
        "one client for many requests, and await client.aclose(), or async with httpx.AsyncClient() as client:",
    ),
    ("anyio.streams.tls.TLSStream", "transport_stream"): _anyio,
    ("anyio._backends._asyncio.SocketStream", "_transport"): _anyio,
}
