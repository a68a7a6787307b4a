"""aiohttp: the connections of its client, and those that its server serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.role import Fields

LIBRARY = frozenset(
    {
        "aiohttp._http_parser.HttpRequestParser",
        "aiohttp._http_parser.HttpResponseParser",
        "aiohttp.client.ClientSession",
        "aiohttp.client_proto.ResponseHandler",
        "aiohttp.client_reqrep.ClientResponse",
        "aiohttp.connector.Connection",
        "aiohttp.connector.TCPConnector",
        "aiohttp.connector.UnixConnector",
        "aiohttp.streams.StreamReader",
        "aiohttp.web_runner.AppRunner",
        "aiohttp.web_runner.ServerRunner",
        "aiohttp.web_runner.TCPSite",
        "aiohttp.web_runner.UnixSite",
    }
)

FIELDS: Fields = {
    ("aiohttp.client_proto.ResponseHandler", "transport"): fixed(
        "connection of an aiohttp.ClientSession",
        "one session for many requests, and await session.close(), or async with ClientSession() as session:",
    ),
    ("aiohttp.web_protocol.RequestHandler", "transport"): fixed("connection that aiohttp.web serves"),
}
