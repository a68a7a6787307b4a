"""A snapshot of over a million objects: 10,000 sockets leaked by several causes, what 5,000 workers share."""

from __future__ import annotations

import resource
import subprocess
import sys

DESCRIPTORS = 11_000

SERVICE = """
import gc, socket, sys
import pyhandles
gc.disable()

class Node:
    def __init__(self, number, parent):
        self.number, self.parent, self.names, self.children = number, parent, [str(number)], {}

class Config:
    def __init__(self): self.values = {"a": 1}

class Worker:
    def __init__(self, number, config):
        self.number, self.config, self.jobs = number, config, []

class Connection:
    def __init__(self):
        self.sock, self.on_closed = socket.socket(), None

class Pool:
    def __init__(self): self.idle = []

class Exchange:
    def __init__(self): self.sock, self.me = socket.socket(), self

def closed_over(connection):
    def on_closed(): return connection
    connection.on_closed = on_closed

heap, parent = [], None
for number in range(220_000):
    node = Node(number, parent)
    if number % 10 == 0:
        parent = node
    heap.append(node)
CONFIG = Config()
WORKERS = [Worker(number, CONFIG) for number in range(5_000)]
POOL, BY_NUMBER = Pool(), {}
POOL.idle += [Connection() for _ in range(4_000)]
for _ in range(4_000):
    closed_over(Connection())
for _ in range(1_500):
    Exchange()
for number in range(500):
    BY_NUMBER[number] = Connection()
for path in sys.argv[1:]:
    pyhandles.capture(path)
"""


def capture(*paths: str) -> None:
    """Write the snapshot, to each of the paths. Needs a limit of some 11,000 descriptors, which it asks for itself."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    subprocess.run([sys.executable, "-c", SERVICE, *paths], check=True)
