"""A server that closes its connections, and keeps the files that it made of them.

    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/makefile_reopen.py
    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/makefile_reopen.py --fixed

Each session reads its client's lines by `makefile()`. At the end the server closes the connection, but not the file:
`close()` then only notes that it was called, and the socket stays open until the last such file is closed or gone. The
list of past sessions keeps them. When the server is started again at its address, that is in use: an accepted
connection occupies the server's port as its listener does. `--fixed` closes the file, too.
"""

from __future__ import annotations

import socket
import sys


class Session:
    """What one client has said."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.reader = connection.makefile("r", encoding="utf-8")
        self.lines: list[str] = []

    def run(self, *, fixed: bool) -> None:
        self.lines += self.reader
        if fixed:
            self.reader.close()
        self.connection.close()


PAST: list[Session] = []


def listen(address: tuple[str, int]) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen()
    return listener


def send_lines(address: tuple[str, int]) -> None:
    """A client; it is the first to hang up."""
    with socket.create_connection(address) as connection:
        connection.sendall(b"open the door\nclose the door\n")


def serve_one(listener: socket.socket, *, fixed: bool) -> None:
    connection, _ = listener.accept()
    session = Session(connection)
    session.run(fixed=fixed)
    PAST.append(session)


def main() -> None:
    fixed = "--fixed" in sys.argv[1:]
    listener = listen(("127.0.0.1", 0))
    address = listener.getsockname()
    send_lines(address)
    serve_one(listener, fixed=fixed)
    listener.close()
    listener = listen(address)
    print(f"{len(PAST)} session, and the server listens again")
    listener.close()


if __name__ == "__main__":
    main()
