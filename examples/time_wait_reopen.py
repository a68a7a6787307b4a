"""A server that hangs up first, and is started again at once.

    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/time_wait_reopen.py
    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/time_wait_reopen.py --fixed

It answers and closes the connection, as servers do that keep none alive. Whoever closes first has the connection in
TIME_WAIT afterwards, for a minute, in case something of it is still on its way. No process has that any more, only the
kernel; yet nobody may bind the port meanwhile: address in use. The snapshot says how long it will still take. `--fixed`
sets SO_REUSEADDR before each `bind`, which allows it.
"""

from __future__ import annotations

import socket
import sys


def listen(address: tuple[str, int], *, fixed: bool) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if fixed:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen()
    return listener


def serve_one(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")


def main() -> None:
    fixed = "--fixed" in sys.argv[1:]
    listener = listen(("127.0.0.1", 0), fixed=fixed)
    address = listener.getsockname()
    with socket.create_connection(address) as client:
        serve_one(listener)
        while client.recv(4096):
            pass
    listener.close()
    listener = listen(address, fixed=fixed)
    print("the server listens again")
    listener.close()


if __name__ == "__main__":
    main()
