"""Has threads wait in every way that Python has, on what is open and on what was closed meanwhile, and captures itself.

    python waiting.py SNAPSHOT [--record]

Each thread is called after what it does. Prints by name the number that it waits on.
"""

import asyncio
import ctypes
import json
import os
import select
import socket
import sys
import threading
import time
from pathlib import Path

import pyhandles

LOOPBACK = ("127.0.0.1", 0)
numbers: dict[str, int] = {}
threads: list[threading.Thread] = []
kept: list[object] = []


def start(name, function, fd):
    """Start the thread, and wait until it waits."""
    numbers[name] = fd
    thread = threading.Thread(target=function, name=name, daemon=True)
    thread.start()
    threads.append(thread)
    until(lambda: is_waiting(thread.native_id))


def is_waiting(native):
    """In a call that is not the one by which a thread waits for the GIL."""
    words = Path(f"/proc/self/task/{native}/syscall").read_text().split()
    return words[0] not in {"running", "202", "98"}


def is_asleep(native):
    return int(native) == os.getpid() or Path(f"/proc/self/task/{native}/syscall").read_text().split()[0] != "running"


def until(condition):
    while not condition():
        time.sleep(0.005)


def udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(LOOPBACK)
    return sock


def close_and_reuse(sock):
    """Close it while a thread is in a call on it; another socket gets its number."""
    number = sock.fileno()
    sock.close()
    new = udp()
    while new.fileno() != number:  # a thread may have given out the number first
        kept.append(new)
        new = udp()
    kept.append(new)
    return number


def receive(sock):
    def receiving():
        sock.recvfrom(100)  # receiving

    return receiving


pyhandles.install(on=(), quiet=True, record="--record" in sys.argv)

open_socket, closed, with_timeout, listener = udp(), udp(), udp(), socket.create_server(LOOPBACK)
start("receives", receive(open_socket), open_socket.fileno())
start("receives on closed", receive(closed), closed.fileno())
with_timeout.settimeout(600)
start("receives with a timeout on closed", receive(with_timeout), with_timeout.fileno())
start("accepts", listener.accept, listener.fileno())

near, far = socket.socketpair()
stream = near.makefile("rb")
start("reads a makefile", stream.readline, near.fileno())

reading, writing = os.pipe()
text = open(reading, encoding="utf-8")  # noqa: SIM115
start("reads a pipe", text.read, reading)

raw, other = os.pipe()
start("reads a number", lambda: os.read(raw, 1), raw)

poll = select.poll()
poll.register(open_socket, select.POLLIN)
poll.register(raw, select.POLLIN)
start("polls", poll.poll, raw)
start("selects", lambda: select.select([listener], [near], [], 600) and select.select([listener], [], []), -1)

epoll = select.epoll()
stale, gone, fine = udp(), udp(), udp()
for each in (stale, gone, fine):
    epoll.register(each, select.EPOLLIN)
duplicate = os.dup(stale.fileno())
numbers |= {"stale": close_and_reuse(stale), "duplicate": duplicate, "fine": fine.fileno()}
epoll.unregister(gone)
start("waits in an epoll", epoll.poll, epoll.fileno())


async def serve():
    await asyncio.start_server(lambda _reader, _writer: None, *LOOPBACK)
    await asyncio.sleep(600)


start("runs a loop", lambda: asyncio.run(serve()), -1)

events = [threading.Event() for _ in range(100)]


def works(event):
    event.wait()  # works


for number, event in enumerate(events):
    threading.Thread(target=works, args=(event,), name=f"worker-{number}", daemon=True).start()

libc = ctypes.CDLL(None)
for _ in range(2):
    libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, libc.pause, None)

for each in (closed, with_timeout):
    close_and_reuse(each)
until(lambda: all(map(is_asleep, os.listdir("/proc/self/task"))))
pyhandles.capture(sys.argv[1])
print(json.dumps(numbers), flush=True)
os._exit(0)
