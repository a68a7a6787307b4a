"""asyncio: transports, the streams over them, and what the event loop keeps of each."""

from __future__ import annotations

WRAPPERS = frozenset(
    {
        "asyncio.events.Handle",
        "asyncio.selector_events._SelectorTransport",
        "asyncio.sslproto.SSLProtocol",
        "asyncio.sslproto._SSLProtocolTransport",
        "asyncio.streams.StreamReader",
        "asyncio.streams.StreamReaderProtocol",
        "asyncio.streams.StreamWriter",
        "asyncio.trsock.TransportSocket",
        "asyncio.unix_events._UnixReadPipeTransport",
        "asyncio.unix_events._UnixWritePipeTransport",
        "selectors.SelectorKey",
    }
)
