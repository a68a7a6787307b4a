"""The call that failed, in the snapshot of an ``errno:`` trigger, though the OSError has no address."""

from __future__ import annotations

import _socket
import shutil
from pathlib import Path
from typing import Any

import pytest

import pyhandles
from tests.collectors import PORTABLE
from tests.recorder.trial import compile_c
from tests.triggers.test_triggers import run

pytestmark = pytest.mark.skipif(PORTABLE, reason="the portable collector does not know which call has failed")

TAKEN = """
taken = socket.create_server(("127.0.0.1", 0))
address = taken.getsockname()
print("%s:%d" % address)
def attempt(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        print(error.errno)
"""


def failed_call(
    directory: Path, program: str, on: str = "errno:EADDRINUSE", **options: object
) -> tuple[dict[str, Any] | None, list[str]]:
    """What the only snapshot says of it, and the lines that the program printed."""
    ran = run(directory, f"install({on!r}, **{options!r})\n{TAKEN}{program}")
    assert (ran.status, ran.errors) == (0, "")
    [name] = ran.snapshots
    told = pyhandles.load(directory / name).header.failed_call
    return (None if told is None else dict(told)), ran.output.splitlines()


def test_bind_is_told_with_its_descriptor_and_its_address(tmp_path: Path) -> None:
    told, printed = failed_call(
        tmp_path, "other = socket.socket()\nattempt(other.bind, address)\nprint(other.fileno())"
    )

    assert told == {"call": "bind", "fd": int(printed[2]), "address": printed[0]}


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        ("socket.create_server(('::1', 0), family=socket.AF_INET6)", "[::1]:{port}"),
        ("socket.create_server(('', 0))", "0.0.0.0:{port}"),
    ],
)
def test_the_address_is_decoded_as_those_of_descriptors_are(tmp_path: Path, make: str, shown: str) -> None:
    program = f"""
first = {make}
print(first.getsockname()[1])
attempt(socket.socket(first.family).bind, first.getsockname()[:2])
"""
    told, printed = failed_call(tmp_path, program)

    assert told is not None
    assert told["address"] == shown.format(port=printed[1])


def test_a_name_of_a_host_is_told_as_what_it_was_resolved_to(tmp_path: Path) -> None:
    told, printed = failed_call(tmp_path, 'attempt(socket.socket().bind, ("localhost", address[1]))')

    assert told is not None
    assert told["address"] == printed[0]


@pytest.mark.parametrize(
    ("name", "shown"), [('directory + "/s.sock"', "{directory}/s.sock"), (r'"\0taken-" + str(os.getpid())', "@taken-")]
)
def test_a_unix_socket(tmp_path: Path, name: str, shown: str) -> None:
    program = f"""
name = {name}
first = socket.socket(socket.AF_UNIX)
first.bind(name)
attempt(socket.socket(socket.AF_UNIX).bind, name)
if name[0] != "\\0": os.unlink(name)
"""
    told, _ = failed_call(tmp_path, program)

    assert told is not None
    assert str(told["address"]).startswith(shown.format(directory=tmp_path))


def test_listen_is_told_with_the_address_that_the_socket_is_bound_to(tmp_path: Path) -> None:
    program = """
first, second = socket.socket(), socket.socket()
for each in (first, second):
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
first.bind(("127.0.0.1", 0))
second.bind(first.getsockname())
first.listen()
attempt(second.listen)
print("%s:%d" % first.getsockname(), second.fileno())
"""
    told, printed = failed_call(tmp_path, program)

    address, fd = printed[2].split()
    assert told == {"call": "listen", "fd": int(fd), "address": address}


@pytest.mark.parametrize("timeout", [None, 5])
def test_a_connection_that_is_refused(tmp_path: Path, timeout: int | None) -> None:
    program = f"taken.close()\nattempt(lambda: socket.create_connection(address, {timeout}))"

    told, printed = failed_call(tmp_path, program, "errno:ECONNREFUSED")

    assert told is not None
    assert (told["call"], told["address"]) == ("connect", printed[0])


@pytest.mark.parametrize(
    "start",
    [
        "import socketserver\nattempt(socketserver.TCPServer, address, None)",
        "import asyncio\nattempt(asyncio.run, asyncio.wait_for(asyncio.start_server(print, *address), 9))",
        "attempt(socket.create_server, address)",
        "import http.server\nattempt(http.server.ThreadingHTTPServer, address, None)",
        "t = threading.Thread(target=attempt, args=(socket.socket().bind, address)); t.start(); t.join()",
    ],
)
def test_a_server_of_the_standard_library_is_no_different(tmp_path: Path, start: str) -> None:
    told, printed = failed_call(tmp_path, start)

    assert told is not None
    assert (told["call"], told["address"]) == ("bind", printed[0])


def test_an_extension_that_is_imported_after_the_installation(tmp_path: Path) -> None:
    program = """
import pyhandles, sys
pyhandles.install(sys.argv[1] + "/{trigger}.pkl", ("errno:EADDRINUSE",), quiet=True)
assert "_socket" not in sys.modules
import socket
taken = socket.create_server(("127.0.0.1", 0))
try:
    socket.create_server(taken.getsockname())
except OSError:
    pass
"""
    run(tmp_path, f"import subprocess\nsubprocess.run([sys.executable, '-c', {program!r}, directory], check=True)")

    told = pyhandles.load(tmp_path / "errno-EADDRINUSE.pkl").header.failed_call
    assert told is not None
    assert told["call"] == "bind"


AT_THE_LIMIT = """
import resource
other = socket.socket()
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
held = []
try:
    while True:
        held.append(os.dup(0))
except OSError:
    attempt(other.bind, address)
"""


@pytest.mark.parametrize("options", [{}, {"fork": False}, {"record": True}, {"record": True, "fork": False}])
def test_at_the_limit_of_descriptors_in_place_and_while_recording(tmp_path: Path, options: dict[str, bool]) -> None:
    told, printed = failed_call(tmp_path, AT_THE_LIMIT, **options)

    assert told is not None
    assert (told["call"], told["address"]) == ("bind", printed[0])


def test_standard_error_says_what_failed_and_what_to_ask(tmp_path: Path) -> None:
    loud = "pyhandles.install(directory + '/x.pkl', ('errno:EADDRINUSE',))"
    ran = run(tmp_path, f"{loud}\n{TAKEN}attempt(socket.socket().bind, address)")
    address = ran.output.split()[0]

    first, *_, last = ran.errors.splitlines()
    assert first.endswith(f" to {address} failed: Address already in use")
    assert last.endswith(f"look with: pyhandles shell {tmp_path}/x.pkl -c who")


def test_redacted_as_other_addresses_are(tmp_path: Path) -> None:
    told, printed = failed_call(tmp_path, "attempt(socket.socket().bind, address)", redact=True)

    assert told is not None
    host, port = told["address"].split(":")
    assert host.startswith("~")
    assert printed[0].endswith(":" + port)


@pytest.mark.parametrize(
    ("cause", "on"), [("attempt(os.stat, '/none')", "ENOENT"), ("attempt(os.close, 7777)", "EBADF")]
)
def test_of_an_error_of_another_call_nothing_is_told(tmp_path: Path, cause: str, on: str) -> None:
    told, _ = failed_call(tmp_path, cause, f"errno:{on}")

    assert told is None


NATIVE = """
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <string.h>
int failing_bind(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}
int failing_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}
"""
WAIT = """
deadline = time.monotonic() + 20
while pyhandles.calls().captures < 1 and time.monotonic() < deadline:
    time.sleep(0.01)
"""

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")


@needs_compiler
def test_the_bind_of_a_native_library_while_recording(tmp_path: Path) -> None:
    library = compile_c(NATIVE, tmp_path.parent / f"{tmp_path.name}.so")
    program = f"import ctypes\nctypes.CDLL({str(library)!r}).failing_bind(address[1])\n{WAIT}"

    told, printed = failed_call(tmp_path, program, record=True)

    assert told is not None
    assert (told["call"], told["address"]) == ("bind", printed[0])


@needs_compiler
@pytest.mark.parametrize("record", [False, True])
def test_a_library_s_failure_is_not_taken_for_that_of_an_error_made_later(tmp_path: Path, record: bool) -> None:
    library = compile_c(NATIVE, tmp_path.parent / f"{tmp_path.name}.so")
    program = f"""
import ctypes
os.mkdir(directory + ".apart")
loop = directory + ".apart/loop"
os.symlink(loop, loop)
ctypes.CDLL({str(library)!r}).failing_connect(loop.encode())
attempt(os.stat, loop)
"""
    told, printed = failed_call(tmp_path, program, "errno:ELOOP", record=record)

    assert printed[1] == "40"
    assert told is None


@pytest.mark.skipif(
    not hasattr(_socket, "__file__"), reason="a module of the interpreter's own: its memory changes always"
)
@pytest.mark.parametrize("order", ["errno:EADDRINUSE", "emfile"])
def test_the_hooks_are_there_for_such_a_trigger_only_and_go_with_it(tmp_path: Path, order: str) -> None:
    """Whatever is in `_socket`'s import table before is there after."""
    program = f"""
import _socket
def writable():
    found = b""
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            extent, rights, *rest = line.split()
            if rest[-1] == file and not rights.startswith("r-x"):
                start, end = (int(number, 16) for number in extent.split("-"))
                memory.seek(start)
                found += memory.read(end - start)
    return found
file = os.path.realpath(_socket.__file__)
before = writable()
install({order!r})
during = writable()
pyhandles.uninstall()
print(before == during, before == writable())
"""
    ran = run(tmp_path, program)

    assert ran.output == f"{order == 'emfile'} True\n", ran.errors


@pytest.mark.parametrize("_attempt", range(10))
def test_threads_may_ask_for_it_at_once(tmp_path: Path, _attempt: int) -> None:
    program = """
import threading
from pyhandles.dump import _native
together = threading.Barrier(4)
def ask():
    together.wait()
    _native.watch_errno(errno.EADDRINUSE, "errno:EADDRINUSE")
threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
_native.disarm()
install("errno:EADDRINUSE")
attempt(socket.socket().bind, address)
"""
    ran = run(tmp_path, f"import errno\n{TAKEN}{program}")

    assert (ran.status, ran.errors, len(ran.snapshots)) == (0, "", 1)
