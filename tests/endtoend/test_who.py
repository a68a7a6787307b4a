"""What holds an address that cannot be bound: real sockets, processes and threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import ask, service

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector tells nothing of the surroundings")

PRELUDE = """
import os, socket, subprocess, sys, threading, time
import pyhandles
pyhandles.install("taken.pkl", ("errno:EADDRINUSE",), quiet=True)

def attempt(address, kind=socket.SOCK_STREAM, family=socket.AF_INET, reuse=False):
    new = socket.socket(family, kind)
    if reuse:
        new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        new.bind(address)
    except OSError as error:
        print(error.errno)
    else:
        print("bound")
    new.close()
    pyhandles.uninstall()  # all is to stay as it is until it has been looked at
"""


def who(tmp_path: Path, source: str, *commands: str, **options: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The answers to the commands, and the lines that the program printed, the first of them errno."""
    outcome = service(tmp_path, PRELUDE + source, **options)
    assert (outcome.status, outcome.err) == (0, "")
    return ask(outcome.snapshot(), *(commands or ("who",))), outcome.out.splitlines()


def only(answer: dict[str, Any]) -> dict[str, Any]:
    [holder] = answer["holders"]
    return holder


def test_a_handle_of_this_process(tmp_path: Path):
    source = """
class Server:
    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
SERVER = Server()
print("%s:%d" % SERVER.sock.getsockname(), SERVER.sock.fileno())
attempt(SERVER.sock.getsockname())
"""
    [answer], printed = who(tmp_path, source)

    address, fd = printed[0].split()
    holder = only(answer)
    assert (answer["address"], answer["failed_call"]["call"]) == (address, "bind")
    assert (holder["where"], holder["fd"]) == ("handle", int(fd))
    assert holder["path"][:2] == ["global SERVER of module __main__", "Server.sock"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_of_the_machine_takes_it_in(tmp_path: Path, host: str):
    source = f"""
family = socket.AF_INET6 if ":" in "{host}" else socket.AF_INET
server = socket.create_server(("{host}", 0), family=family, dualstack_ipv6=family == socket.AF_INET6)
print(server.fileno())
attempt(("127.0.0.1", server.getsockname()[1]))
"""
    [answer], printed = who(tmp_path, source)

    holder = only(answer)
    assert (holder["where"], holder["fd"]) == ("handle", int(printed[0]))
    assert "stands for every address" in holder["evidence"][0]


def test_a_port_of_udp_is_none_of_tcp(tmp_path: Path):
    source = """
tcp = socket.create_server(("127.0.0.1", 0))
port = tcp.getsockname()[1]
udp = socket.socket(type=socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", port))
print(udp.fileno(), tcp.fileno(), port)
attempt(("127.0.0.1", port), socket.SOCK_DGRAM)
"""
    outcome = service(tmp_path, PRELUDE + source)
    udp, tcp, port = outcome.out.splitlines()[0].split()

    mine, both = ask(outcome.snapshot(), "who", f"who :{port}")

    assert [holder["fd"] for holder in mine["holders"]] == [int(udp)]
    assert [holder["fd"] for holder in both["holders"]] == [int(udp), int(tcp)]


CHILD = """
import socket, sys
held = socket.socket(fileno=int(sys.argv[1]))
print("there", flush=True)
sys.stdin.read()
"""


def test_a_child_that_has_inherited_it(tmp_path: Path):
    source = f"""
server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
fd = server.fileno()
command = [sys.executable, "-c", {CHILD!r}, str(fd)]
child = subprocess.Popen(command, pass_fds=[fd], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
server.close()
attempt(address)
print(child.pid, fd)
child.communicate()
"""
    [answer], printed = who(tmp_path, source)

    pid, fd = map(int, printed[1].split())
    holder = only(answer)
    assert (holder["where"], holder["pid"], holder["fd"]) == ("process", pid, fd)
    assert "a child, running since" in holder["text"]
    assert "close_fds" in holder["advice"]


def test_time_wait_is_held_by_the_kernel_alone(tmp_path: Path):
    source = """
server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
client = socket.create_connection(address)
accepted, _ = server.accept()
server.close()
accepted.close()
client.recv(1)
client.close()
attempt(address)
attempt(address, reuse=True)
"""
    [answer], printed = who(tmp_path, source)

    holder = only(answer)
    assert (holder["where"], holder["fd"], holder["pid"]) == ("kernel", None, None)
    assert "in TIME_WAIT, for " in holder["text"]
    assert "SO_REUSEADDR" in holder["advice"]
    assert printed == ["98", "bound"]  # create_server() had set it, too


UNDER_A_CALL = """
def read(sock):
    print("reading", flush=True)
    sock.recvfrom(100)  # here

def asleep():
    with open(f"/proc/self/task/{thread.native_id}/syscall") as file:
        return file.read().startswith(RECVFROM)

RECVFROM = "45 " if os.uname().machine == "x86_64" else "207 "
old = socket.socket(type=socket.SOCK_DGRAM)
old.bind(("127.0.0.1", 0))
address = old.getsockname()
thread = threading.Thread(target=read, args=(old,), name="reader")
thread.start()
while not asleep():
    time.sleep(0.01)
old.close()
"""
AT_THE_LIMIT = """
new = socket.socket(type=socket.SOCK_DGRAM)
held = []
try:
    while True:
        held.append(os.dup(0))
except OSError:
    pass
try:
    new.bind(address)
except OSError as error:
    print(error.errno)
pyhandles.uninstall()
for fd in held:
    os.close(fd)
"""
WAKE = """
socket.socket(type=socket.SOCK_DGRAM).sendto(b"", address)
thread.join()
"""


@pytest.mark.parametrize("limit", [None, 24])
def test_a_socket_that_was_closed_under_a_call(tmp_path: Path, limit: int | None):
    """The number is given out again at once: the socket that cannot be bound has it."""
    source = UNDER_A_CALL + ("attempt(address, socket.SOCK_DGRAM)\n" if limit is None else AT_THE_LIMIT) + WAKE

    [answer], printed = who(tmp_path, source, limit=limit)

    line = next(n for n, text in enumerate((PRELUDE + source).splitlines(), 1) if text.endswith("# here"))
    holder = only(answer)
    assert printed == ["reading", "98"]
    assert (holder["where"], holder["fd"], holder["thread"]) == ("orphan", None, "reader")
    assert holder["site"] == f"app.py:{line} in read"
    assert "its close has not taken effect" in holder["text"]


def test_a_unix_path_that_a_server_has(tmp_path: Path):
    source = """
server = socket.socket(socket.AF_UNIX)
server.bind("here.sock")
server.listen()
print(server.fileno())
attempt("here.sock", family=socket.AF_UNIX)
"""
    [answer], printed = who(tmp_path, source)

    assert (only(answer)["fd"], answer["address"]) == (int(printed[0]), "here.sock")


def test_a_unix_path_that_a_server_has_left_behind(tmp_path: Path):
    source = """
server = socket.socket(socket.AF_UNIX)
server.bind(os.path.abspath("here.sock"))
server.close()
attempt(os.path.abspath("here.sock"), family=socket.AF_UNIX)
"""
    [answer], _ = who(tmp_path, source)

    assert answer["holders"] == []
    assert "unlink it before bind()" in answer["note"]


def test_the_summary_points_to_it(tmp_path: Path):
    source = 'server = socket.create_server(("127.0.0.1", 0))\nattempt(server.getsockname())\n'
    [answer], _ = who(tmp_path, source, "summary")

    assert answer["failed_call"]["text"].startswith("bind() of fd ")
    assert answer["failed_call"]["text"].endswith(" failed: EADDRINUSE, Address already in use")
