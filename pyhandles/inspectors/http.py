"""HTTP: connections and responses of `http.client`, what `urllib` returns, and what serves requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import Role, fixed

if TYPE_CHECKING:
    from pyhandles.inspectors.lens import Lens
    from pyhandles.inspectors.role import Fields

LIBRARY = frozenset(
    {
        "http.client.HTTPConnection",
        "http.client.HTTPResponse",
        "http.client.HTTPSConnection",
        "urllib.response.addbase",
        "urllib.response.addclosehook",
        "urllib.response.addinfo",
        "urllib.response.addinfourl",
        "requests.adapters.HTTPAdapter",
        "requests.models.Response",
        "requests.sessions.Session",
        "urllib3._collections.RecentlyUsedContainer",
        "urllib3.connection.HTTPConnection",
        "urllib3.connection.HTTPSConnection",
        "urllib3.connectionpool.HTTPConnectionPool",
        "urllib3.connectionpool.HTTPSConnectionPool",
        "urllib3.poolmanager.PoolManager",
        "urllib3.response.HTTPResponse",
    }
)


def _response(lens: Lens, response: int) -> Role:
    # Only urlopen() gives a response the URL that it is of.
    if lens.field(response, "url") is not None:
        return Role("body of a response of urlopen()", "with urlopen(...) as response:")
    return Role("body of an http.client response", "response.read() to its end, or response.close()")


def _connection(lens: Lens, connection: int) -> Role:
    what = lens.snapshot.type_name(connection)
    return Role(f"connection of {what}", "connection.close(); a response that is read to its end does not close it")


def _server(lens: Lens, server: int) -> Role:
    return Role(f"listening socket of {lens.snapshot.type_name(server)}", "server.server_close()")


def _served(lens: Lens, handler: int) -> Role:
    return Role(f"request that {lens.snapshot.type_name(handler)} serves")


FIELDS: Fields = {
    ("http.client.HTTPConnection", "sock"): _connection,
    ("http.client.HTTPResponse", "fp"): _response,
    ("urllib.response.addbase", "fp"): fixed("body of a response of urlopen()", "with urlopen(...) as response:"),
    ("socketserver.BaseServer", "socket"): _server,
    ("socketserver.BaseRequestHandler", "request"): _served,
}
