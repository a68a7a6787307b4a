"""What it costs a service that the kernel is asked what is around it: 1,000 sockets, 100 threads.

    python benchmarks/surroundings.py

A thread ticks every millisecond. The largest gap between two of its ticks during a capture should be less than 50 ms
longer than during `os.fork()`, `_exit`, `waitpid`. Then sockets are closed all the while: no peer should learn of it
more than 50 ms late because the child still has its copy.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import tempfile
import threading
import time
import warnings
from pathlib import Path

import measure
import pause
import pyhandles

SOCKETS, THREADS, PAIRS = 1000, 100, 300
RECORD = struct.Struct("id")


def build() -> list[socket.socket]:
    """The sockets, each kind in its part; threads wait in a tenth of them."""
    servers = [socket.create_server(("127.0.0.1", 0), backlog=SOCKETS) for _ in range(10)]
    sockets = list(servers)
    while len(sockets) < SOCKETS - 300:
        client = socket.create_connection(servers[len(sockets) % 10].getsockname())
        server, _ = servers[len(sockets) % 10].accept()
        sockets += [client, server]
    for _ in range(100):
        sockets += socket.socketpair()
    waiting = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(THREADS)]
    threading.stack_size(1 << 18)
    for each in waiting:
        each.bind(("127.0.0.1", 0))
        threading.Thread(target=each.recvfrom, args=(1,), daemon=True).start()
    return sockets + waiting


def watch(ends: list[socket.socket], report: int) -> None:
    """In a process of its own: tell when the other end of each was closed."""
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    left = len(ends)
    numbers = {end.fileno(): number for number, end in enumerate(ends)}
    while left:
        for fd, _ in poll.poll():
            os.write(report, RECORD.pack(numbers[fd], time.monotonic()))
            poll.unregister(fd)
            left -= 1


def longest_delay(path: Path) -> float:
    """Milliseconds from a close in the service to its being noticed by the peer, while a capture is made."""
    pairs = [socket.socketpair() for _ in range(PAIRS)]
    reading, writing = os.pipe()
    watcher = os.fork()
    if watcher == 0:
        for own, _ in pairs:
            own.close()
        watch([end for _, end in pairs], writing)
        os._exit(0)
    os.close(writing)
    for _, end in pairs:
        end.close()
    path.unlink(missing_ok=True)
    capture = threading.Thread(target=pyhandles.capture, args=(str(path),))
    closed = []
    for number, (own, _) in enumerate(pairs):
        if number == PAIRS // 10:
            capture.start()
        closed.append(time.monotonic())
        own.close()
        time.sleep(0.0003)
    capture.join()
    with open(reading, "rb") as records:
        noticed = dict(RECORD.iter_unpack(records.read()))
    os.waitpid(watcher, 0)
    return 1000 * max(noticed[number] - when for number, when in enumerate(closed))


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: "this process is multi-threaded"
    service = build()
    print(f"{len(service):,} sockets, {threading.active_count() - 1} threads that wait")
    with tempfile.TemporaryDirectory() as directory, pyhandles.install(on=("emfile",)):
        path = Path(directory, "surroundings.pkl")

        def capture() -> None:
            path.unlink(missing_ok=True)
            pyhandles.capture(str(path))

        fork, gap, delay, took = measure.medians(
            lambda: pause.largest_gap_during(pause.bare_fork),
            lambda: pause.largest_gap_during(capture),
            lambda: longest_delay(path),
            lambda: measure.milliseconds(capture),
        )
    measure.tell("largest gap during a capture", gap, "ms", baseline=fork, of="a bare fork")
    measure.tell("how much longer that is", gap - fork, "ms", limit="(less than 50)")
    measure.tell("longest that a closed socket was kept open", delay, "ms", limit="(at most 50)")
    measure.tell("the capture, in the child", took, "ms")


if __name__ == "__main__":
    main()
