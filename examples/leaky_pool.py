"""A connection pool that keeps its broken connections.

    python -m pyhandles.dump --limit 64 -- examples/leaky_pool.py

The pool hands out the first connection that is not broken, and opens a new one where there is none. Nothing takes
the broken ones out of `POOL`, nor closes them. There is no cycle, and no collector can help: a global variable holds
every one of them. Python's garbage collector is left at its defaults.
"""

from __future__ import annotations

import select
import socket
import threading


class QueryFailedError(Exception):
    """The server did not like the query, and hangs up."""


class Connection:
    """One connection to the database."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.connect(address)
        self.broken = False

    def query(self, text: str) -> str:
        self.sock.sendall(text.encode())
        answer = self.sock.recv(4096).decode()
        if answer.startswith("ERROR"):
            self.broken = True
            raise QueryFailedError(answer)
        return answer


POOL: list[Connection] = []


def connection_to(address: tuple[str, int]) -> Connection:
    """A connection that works: one that the pool has, or a new one."""
    for connection in POOL:
        if not connection.broken:
            return connection
    POOL.append(Connection(address))
    return POOL[-1]


def serve(listener: socket.socket) -> None:
    """Find fault with the first query of each connection, and hang up on it when the next one calls.

    So the server never has more than one descriptor for all its connections: it is the pool that runs out.
    """
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
        connection.sendall(b"ERROR: relation 'orders' does not exist")


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener,), name="database").start()
    failed = 0
    try:
        for number in range(1000):
            try:
                connection_to(listener.getsockname()).query(f"SELECT * FROM orders WHERE id = {number}")
            except QueryFailedError:
                failed += 1
    finally:
        listener.shutdown(socket.SHUT_RDWR)
    print(f"{failed} failed queries, and descriptors enough for all of them. Run it with fewer: --limit 64")


if __name__ == "__main__":
    main()
