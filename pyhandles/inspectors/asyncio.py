"""asyncio: event loops, servers, transports, the streams over them, and subprocesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhandles.inspectors.role import Role

if TYPE_CHECKING:
    from pyhandles.inspectors.lens import Lens
    from pyhandles.inspectors.role import Fields, Rule

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

LIBRARY = frozenset(
    {
        "asyncio.base_events.Server",
        "asyncio.base_subprocess.ReadSubprocessPipeProto",
        "asyncio.base_subprocess.WriteSubprocessPipeProto",
        "asyncio.subprocess.Process",
        "asyncio.subprocess.SubprocessStreamProtocol",
        "asyncio.unix_events._UnixSubprocessTransport",
    }
)

WATCHERS = {"asyncio.unix_events._UnixSelectorEventLoop": frozenset({"_selector", "_ssock", "_csock"})}


def of_loop(part: str) -> Rule:
    """A part of an event loop: needed while that runs, left over when it does not."""

    def rule(lens: Lens, loop: int) -> Role:
        if lens.is_set(loop, "_thread_id"):
            return Role(f"{part} of the running event loop", _NOTHING)
        return Role(f"{part} of an event loop that does not run", "loop.close(); asyncio.run() does it")

    return rule


def _selector(lens: Lens, selector: int) -> Role | None:
    for place in lens.places(selector):
        if place.name == "_selector" and lens.is_a(place.source, _LOOP):
            return of_loop("epoll")(lens, place.source)
    return Role("epoll of a selectors.EpollSelector", "selector.close()")


def _pipe(lens: Lens, transport: int) -> Role | None:
    """The pipe of a subprocess is known by the protocol of its transport, which knows the process."""
    protocol = lens.field(transport, "_protocol")
    if protocol is not None and lens.is_a(protocol, _PIPE_PROTOCOL):
        return Role("pipe of an asyncio subprocess", "await process.communicate()")
    return Role(f"pipe of an asyncio {lens.short_type(transport)}", "transport.close()")


def _connection(lens: Lens, transport: int) -> Role:
    protocol = lens.field(transport, "_protocol")
    if lens.is_a(protocol, "asyncio.sslproto.SSLProtocol"):
        return Role("TLS connection of asyncio", "transport.close(), or writer.close() and await writer.wait_closed()")
    if lens.is_a(protocol, "asyncio.streams.StreamReaderProtocol"):
        return Role("connection of an asyncio stream", _CLOSE_STREAM)
    if lens.is_a(transport, "asyncio.selector_events._SelectorDatagramTransport"):
        return Role("datagram endpoint of asyncio", "transport.close()")
    return Role("connection of an asyncio transport", "transport.close()")


def _server(_lens: Lens, _server: int) -> Role:
    return Role("listening socket of an asyncio Server", "server.close() and await server.wait_closed()")


_NOTHING = "nothing: the loop needs it while it runs"
_LOOP = "asyncio.selector_events.BaseSelectorEventLoop"
_PIPE_PROTOCOL = "asyncio.base_subprocess.WriteSubprocessPipeProto"
_CLOSE_STREAM = "writer.close() and await writer.wait_closed()"

FIELDS: Fields = {
    (_LOOP, "_ssock"): of_loop("self-pipe"),
    (_LOOP, "_csock"): of_loop("self-pipe"),
    ("selectors.EpollSelector", "_selector"): _selector,
    ("asyncio.base_events.Server", "_sockets"): _server,
    ("asyncio.unix_events._UnixReadPipeTransport", "_pipe"): _pipe,
    ("asyncio.unix_events._UnixWritePipeTransport", "_pipe"): _pipe,
    ("asyncio.selector_events._SelectorTransport", "_sock"): _connection,
}
