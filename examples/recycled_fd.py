"""A sender that writes to a number which is another file by now.

    python -m pyhandles.dump --record -- examples/recycled_fd.py
    python -m pyhandles.dump --record --widen write@recycled_fd.py:send=5 -- examples/recycled_fd.py
    python -m pyhandles.dump --record --widen write@recycled_fd.py:send=5 -- examples/recycled_fd.py --fixed

One thread sends readings to a collector, another reconnects now and then and notes it in a journal. `send` takes the
number of the connection and calls `write`. If the other thread closes that connection in between, the number is free,
the journal is opened next and gets it, and the reading goes into the journal. In between there are some nanoseconds: it
happens once a month, and never while anyone looks. With a delay put there it happens at once, and the recorder says who
wrote, who had closed the number, and who had been given it again. `--fixed` takes a lock around both, and no delay
brings it back.
"""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path


class Link:
    """The connection to the collector, by its descriptor's number."""

    def __init__(self, address: tuple[str, int], journal: Path, *, fixed: bool) -> None:
        self.address = address
        self.journal = journal
        self.lock = threading.Lock() if fixed else nullcontext()
        self.fd = self.connect()

    def connect(self) -> int:
        return socket.create_connection(self.address).detach()

    def send(self, reading: bytes) -> None:
        with self.lock:
            os.write(self.fd, reading)

    def reconnect(self) -> None:
        with self.lock:
            former, self.fd = self.fd, self.connect()
            os.close(former)
            with self.journal.open("a", encoding="utf-8") as journal:
                journal.write("reconnected\n")
                journal.flush()
                os.fsync(journal.fileno())


def collect(listener: socket.socket) -> None:
    """Take readings from whoever connects, until the listener is shut down."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=drain, args=(connection,), daemon=True).start()


def drain(connection: socket.socket) -> None:
    with connection:
        while connection.recv(4096):
            pass


def send_readings(link: Link, ended: threading.Event) -> None:
    while not ended.is_set():
        with suppress(OSError):  # the connection was closed just now: the next reading will do
            link.send(b"21.5 degrees\n")
        time.sleep(0.001)


def keep_fresh(link: Link, ended: threading.Event) -> None:
    while not ended.wait(0.02):
        link.reconnect()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fixed", action="store_true")
    parser.add_argument("--seconds", type=float, default=1)
    arguments = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=collect, args=(listener,)).start()
    with tempfile.TemporaryDirectory(prefix="journal-") as directory:
        journal = Path(directory, "journal.txt")
        link = Link(listener.getsockname(), journal, fixed=arguments.fixed)
        ended = threading.Event()
        threads = [threading.Thread(target=work, args=(link, ended)) for work in (send_readings, keep_fresh)]
        for thread in threads:
            thread.start()
        time.sleep(arguments.seconds)
        ended.set()
        for thread in threads:
            thread.join()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        os.close(link.fd)
        lines = journal.read_text(encoding="utf-8").splitlines()
    astray = sum("degrees" in line for line in lines)
    print(f"{len(lines) - astray} reconnections; {astray} readings have gone into the journal")


if __name__ == "__main__":
    main()
