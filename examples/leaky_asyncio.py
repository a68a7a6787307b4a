"""A monitor that opens a stream for each reading, and closes none.

    python -m pyhandles.dump --limit 64 -- examples/leaky_asyncio.py

`watch` keeps every stream that it ever opened in its local variable `streams`. The first to run out of descriptors is
asyncio itself: its server cannot accept the connection, logs that, and tries again later. The monitor waits for a
second, gives this reading up, and fails at the next. Python's garbage collector is left at its defaults; nothing here
is garbage.
"""

from __future__ import annotations

import asyncio

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The sensor: tells its temperature, and hangs up."""
    await reader.readline()
    writer.write(b"21.5\n")
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def read_sensor(port: int, streams: list[Stream]) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    streams.append((reader, writer))
    writer.write(b"temperature?\n")
    return float(await reader.readline())


async def watch(port: int, readings: int) -> list[float]:
    """Take so many readings, one after the other; a sensor that does not answer in time is left out."""
    streams: list[Stream] = []
    temperatures = []
    for _ in range(readings):
        try:
            async with asyncio.timeout(1):
                temperatures.append(await read_sensor(port, streams))
        except TimeoutError:
            continue
    return temperatures


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1)
    async with server:
        temperatures = await watch(server.sockets[0].getsockname()[1], readings=1000)
    print(f"{len(temperatures)} readings, and descriptors enough for all of them. Run it with fewer: --limit 64")


if __name__ == "__main__":
    asyncio.run(main())
