"""A receiver that is closed by one thread while another is still inside `recvfrom`.

    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/udp_reopen.py
    python -m pyhandles.dump --on errno:EADDRINUSE -- examples/udp_reopen.py --fixed

A thread takes readings from a UDP socket. When the settings are read anew, the main thread closes the socket and binds
another to the same port: address already in use, although `close()` has returned and nothing in the process has that
socket any more. The new socket has mostly got the very number of the old one, so the number says nothing. The kernel
keeps a socket for as long as a call on it lasts, and nobody has told the thread in `recvfrom` that it is over: the
snapshot names the thread and its line. `--fixed` shuts the socket down, which ends the call, before it closes it.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress

RELOADS = 20
READING_THE_SETTINGS = 0.001
"""Seconds. The thread is back in `recvfrom` by then."""
READING = b"21.5 degrees"


class Receiver:
    """Takes readings at one address, in a thread of its own."""

    def __init__(self, address: tuple[str, int], number: int) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(address)
        self.address = self.sock.getsockname()
        self.received = threading.Event()
        self.thread = threading.Thread(target=self.receive, name=f"receiver-{number}", daemon=True)
        self.thread.start()

    def receive(self) -> None:
        with suppress(OSError):  # it was closed before the next call began: the end of this thread, too
            while True:
                reading, sender = self.sock.recvfrom(2048)
                if sender is None:  # it was shut down
                    return
                if reading == READING:
                    self.received.set()

    def close(self, *, fixed: bool) -> None:
        if fixed:
            with suppress(OSError):  # it has no peer, says the kernel, and ends the call all the same
                self.sock.shutdown(socket.SHUT_RDWR)
            self.thread.join()
        self.sock.close()


def main() -> None:
    fixed = "--fixed" in sys.argv[1:]
    receiver = Receiver(("127.0.0.1", 0), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sensor:
        for reload in range(1, RELOADS + 1):
            sensor.sendto(READING, receiver.address)
            receiver.received.wait()
            time.sleep(READING_THE_SETTINGS)
            receiver.close(fixed=fixed)
            receiver = Receiver(receiver.address, reload)
    receiver.close(fixed=fixed)
    print(f"the settings were read {RELOADS} times")


if __name__ == "__main__":
    main()
