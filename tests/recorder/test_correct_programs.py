"""Where no descriptor is misused, no misuse is told of: neither in the snapshot nor on standard error."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.collectors import PORTABLE
from tests.native.plain import Plain

pytestmark = pytest.mark.skipif(PORTABLE, reason="the recorder is part of the extension")

ROOT = Path(__file__).parents[2]

BEGIN = """
import os, resource, sys, threading, warnings
import pyhandles

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
pyhandles.install(on=(), record=True)
"""
END = """
pyhandles.capture("snapshot.pkl")
"""

ECHO = """
import selectors, socket

THREADS = 8
CONNECTIONS = 2000
AT_ONCE = min(CONNECTIONS, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100) // 2)

listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
listening.setblocking(False)
over = threading.Event()

def serve():
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ, None)
        while not over.is_set() or len(selector.get_map()) > 1:
            for key, _ in selector.select(0.1):
                if key.data is None:
                    try:
                        connection, _ = listening.accept()
                    except BlockingIOError:
                        continue
                    connection.setblocking(False)
                    selector.register(connection, selectors.EVENT_READ, connection)
                elif data := key.data.recv(4096):
                    key.data.send(data)
                else:
                    selector.unregister(key.data)
                    key.data.close()

def ask(count):
    clients = [socket.create_connection(listening.getsockname()) for _ in range(count)]
    for turn in range(3):
        for client in clients:
            client.sendall(b"hello %d" % turn)
        for client in clients:
            assert client.recv(100) == b"hello %d" % turn
    for client in clients:
        client.close()

def in_threads(*works):
    threads = [threading.Thread(target=work, args=arguments) for work, *arguments in works]
    for thread in threads:
        thread.start()
    return threads

servers = in_threads(*[[serve]] * THREADS)
done = 0
while done < CONNECTIONS:
    for client in in_threads(*[[ask, AT_ONCE // THREADS]] * THREADS):
        client.join()
    done += AT_ONCE // THREADS * THREADS
over.set()
for server in servers:
    server.join()
listening.close()
"""


AT_ONCE = """
import importlib
from tests.recorder.ways import WAYS

for module in ("files", "sockets", "processes"):
    importlib.import_module(f"tests.recorder.ways.{module}")
# What must be alone: multiprocessing too, whose start of a process in one thread may wait for the other's first.
for alone in ("out_of_descriptors", "signals", "copies", "closes", "a_socket_closed_by_its_finaliser", "pipes",
              "directories", "a_file_without_an_end", "archives_and_logs", "sqlite", "memory_maps", "shared_blocks",
              "multiple_processes"):
    del WAYS[alone]
warnings.simplefilter("ignore", DeprecationWarning)
failures = []

def some(ways):
    try:
        for _ in range(5):
            for way in ways:
                way()
    except BaseException as error:
        failures.append(error)
        raise

ways = list(WAYS.values())
threads = [threading.Thread(target=some, args=(ways[turn:] + ways[:turn],)) for turn in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures
"""

DAEMON = """
child = os.fork()
if child == 0:
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
    os.close(held[3])
    os.close(held[9])
    for fd in range(3, 3000):
        try:
            os.close(fd)
        except OSError:
            pass
    for fd in map(int, os.listdir("/proc/self/fd")):
        if fd > 2:
            try:
                os.close(fd)
            except OSError:
                pass
    os.open("/dev/null", os.O_RDONLY)
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0
"""

PROGRAMS = {
    "an echo server with eight threads and two thousand connections": ECHO,
    "ways at once": AT_ONCE,
    "a daemon that closes all numbers": DAEMON,
}


def run(folder: Path, code: str) -> tuple[str, Plain]:
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(BEGIN + code + END)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stderr, Plain(folder / "snapshot.pkl")


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_misuse_is_told_of(tmp_path: Path, name: str):
    told, snapshot = run(tmp_path, PROGRAMS[name])
    assert [(row["kind"], row["fd"], snapshot.text(row["call"])) for row in snapshot.rows("misuses")] == []
    assert told == ""
