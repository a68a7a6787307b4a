"""A listening socket that was closed, and of which a duplicate is still open.

    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/duplicate_reopen.py
    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/duplicate_reopen.py --fixed

The server's metrics watch how many clients wait to be accepted. They take a duplicate of each listener, to be
independent of who closes it. That they are: closing the listener closes one number, and the kernel's socket goes on
listening for as long as the other is open. When the server is started again at its address, that is in use. The
snapshot names the duplicate, and who has it. `--fixed` tells the metrics when a listener is closed.
"""

from __future__ import annotations

import select
import socket
import sys


class Metrics:
    """Looks after listeners that others own."""

    def __init__(self) -> None:
        self.watched: dict[str, socket.socket] = {}

    def watch(self, name: str, listener: socket.socket) -> None:
        self.watched[name] = listener.dup()

    def forget(self, name: str) -> None:
        self.watched.pop(name).close()

    def waiting(self) -> list[str]:
        """Names of the listeners at which somebody waits."""
        ready, _, _ = select.select(self.watched.values(), [], [], 0)
        return [name for name, listener in self.watched.items() if listener in ready]


METRICS = Metrics()


def start(address: tuple[str, int]) -> socket.socket:
    listener = socket.create_server(address)
    METRICS.watch("http", listener)
    return listener


def stop(listener: socket.socket, *, fixed: bool) -> None:
    if fixed:
        METRICS.forget("http")
    listener.close()


def main() -> None:
    fixed = "--fixed" in sys.argv[1:]
    listener = start(("127.0.0.1", 0))
    address = listener.getsockname()
    stop(listener, fixed=fixed)
    listener = start(address)
    print(f"the server listens again, {len(METRICS.waiting())} waiting")
    stop(listener, fixed=fixed)


if __name__ == "__main__":
    main()
