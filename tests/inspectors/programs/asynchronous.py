"""Opens what `asyncio` opens, and tells the numbers."""

import asyncio
import json

import pyhandles

NUMBERS = {}
sessions = []
stranded = asyncio.new_event_loop()
NUMBERS["stranded epoll"] = stranded._selector.fileno()
NUMBERS["stranded self-pipe"] = stranded._ssock.fileno()


class Session:
    async def open(self, address):
        self.reader, self.writer = await asyncio.open_connection(*address)
        return self.writer.get_extra_info("socket").fileno()


class Client(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport


async def serve(_reader, writer):
    NUMBERS["served"] = writer.get_extra_info("socket").fileno()
    await asyncio.sleep(100)


async def main():
    loop = asyncio.get_running_loop()
    NUMBERS["epoll"] = loop._selector.fileno()
    NUMBERS["self-pipe"] = loop._csock.fileno()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    [listener] = server.sockets
    NUMBERS["server"] = listener.fileno()
    session = Session()
    NUMBERS["stream"] = await session.open(listener.getsockname())
    sessions.append(session)
    silent = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
    transport, protocol = await loop.create_connection(Client, *silent.sockets[0].getsockname())
    NUMBERS["transport"] = transport.get_extra_info("socket").fileno()
    del transport
    sessions.append(protocol)
    endpoint, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    NUMBERS["datagrams"] = endpoint.get_extra_info("socket").fileno()
    child = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    NUMBERS["child's input"] = child.stdin.transport.get_extra_info("pipe").fileno()
    NUMBERS["child's output"] = child._transport.get_pipe_transport(1).get_extra_info("pipe").fileno()
    await asyncio.sleep(0.05)
    pyhandles.capture()
    print(json.dumps(NUMBERS))
    child.kill()
    await child.wait()


asyncio.run(main())
