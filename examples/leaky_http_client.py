"""A small HTTP client that forgets its connections, and a cycle that remembers them.

    python -m pyhandles.dump --limit 64 -- examples/leaky_http_client.py

Each request has a connection of its own, which is to tell its list of connections when it is closed. Nobody closes
it: the client counts on CPython, which closes a socket when the last reference to it goes. That never happens,
because the connection holds the callback, the callback's closure holds the list, and the list holds the connection.

Python's garbage collector, which would find the cycle sooner or later, is disabled here, as services disable it that
cannot afford its pauses. After some sixty requests there is no descriptor left for the next socket.
"""

from __future__ import annotations

import gc
import select
import socket
import threading
from collections.abc import Callable

BODY = b"Hello, world!\n"


class Connection:
    """One connection to a server, for one request."""

    def __init__(self, address: tuple[str, int], on_closed: Callable[[Connection], None]) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.on_closed = on_closed
        self.sock.connect(address)

    def request(self, path: str) -> bytes:
        """Ask for a path; returns the body of the answer."""
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head, _, body = self._receive_until(b"\r\n\r\n").partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        while len(body) < length:
            body += self.sock.recv(4096)
        return body

    def close(self) -> None:
        self.sock.close()
        self.on_closed(self)

    def _receive_until(self, end: bytes) -> bytes:
        received = b""
        while end not in received:
            received += self.sock.recv(4096)
        return received


class Client:
    """Fetches paths from one server, each over a new connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    def get(self, path: str) -> bytes:
        return self.connect().request(path)

    def connect(self) -> Connection:
        conns: list[Connection] = []

        def on_closed(connection: Connection) -> None:
            conns.remove(connection)

        conns.append(Connection(self.address, on_closed))
        return conns[0]


def serve(listener: socket.socket) -> None:
    """Answer one request of each connection, and hang up on it when the next one calls.

    So the server never has more than one descriptor for all its connections: it is the client that runs out.
    """
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
    connection = None
    while True:
        select.select([listener], [], [])
        if connection is not None:
            connection.close()
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # it was shut down: the program ends
        connection.recv(4096)
        connection.sendall(answer)


def main() -> None:
    gc.disable()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener,), name="server").start()
    client = Client(listener.getsockname())
    try:
        for number in range(1000):
            client.get(f"/{number}")
    finally:
        listener.shutdown(socket.SHUT_RDWR)
    print("1,000 requests, and descriptors enough for all of them. Run it with fewer: --limit 64")


if __name__ == "__main__":
    main()
