"""The trigger `emfile`: whatever call fails, whoever swallows it, in whichever thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collectors import sees_every_error
from tests.endtoend.service import service

FILL = """
import os

def fill():
    # Take every descriptor that is left, by a call that is not under test: it raises too, and is swallowed.
    taken = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        return taken
"""

CALLS = {
    "open": "open('/dev/null')",
    "os.open": "os.open('/dev/null', os.O_RDONLY)",
    "socket": "socket.socket()",
    "socketpair": "socket.socketpair()",
    "pipe": "os.pipe()",
    "dup": "os.dup(0)",
    "epoll": "select.epoll()",
    "listdir": "os.listdir('/')",
    "scandir": "os.scandir('/')",
    "Popen": "subprocess.Popen(['true'], stdin=subprocess.PIPE)",
    "TemporaryFile": "tempfile.TemporaryFile(dir='/tmp')",
    "eventfd": "os.eventfd(0)",
    "memfd": "os.memfd_create('x')",
    "accept": "listener.accept()",
    "Path.read_text": "pathlib.Path('/etc/passwd').read_text()",
}


@pytest.mark.parametrize(
    "call", [pytest.param(each, marks=sees_every_error) if each == "epoll" else each for each in CALLS]
)
def test_every_call_that_fails_for_want_of_descriptors_is_captured_once(tmp_path: Path, call: str):
    outcome = service(
        tmp_path,
        f"""
        import os, pathlib, select, socket, subprocess, tempfile
        import pyhandles

        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(listener.getsockname())
        pyhandles.install(on=("emfile",))
        while os.dup(0) < 63:
            pass
        try:
            {CALLS[call]}
        except OSError as error:
            assert error.errno == 24, error
            print("swallowed")
        """,
        limit=64,
    )
    assert (outcome.status, outcome.out) == (0, "swallowed\n"), outcome
    header = outcome.plain().header
    assert (header["trigger"], header["errno"]) == ("emfile", 24)
    assert header["limits"]["open"] == header["limits"]["soft"] == 64


def test_swallowed_in_several_threads_it_is_captured_once_within_the_cooldown_and_the_program_goes_on(tmp_path: Path):
    outcome = service(
        tmp_path,
        FILL
        + """
import sys, threading
import pyhandles

pyhandles.install(on=("emfile",))
kept = [threading.Thread(target=fill) for _ in range(8)]
for _ in range(3):
    threads = [threading.Thread(target=fill) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print("went on")
sys.exit(7)
""",
        limit=64,
    )
    assert (outcome.status, outcome.out) == (7, "went on\n"), outcome
    assert len(outcome.snapshots) == 1


def test_after_the_cooldown_it_is_captured_again_until_the_maximum(tmp_path: Path):
    outcome = service(
        tmp_path,
        FILL
        + """
import time
import pyhandles

pyhandles.install(on=("emfile",), cooldown=0.05, maximum=3)
for _ in range(6):
    for fd in fill(): os.close(fd)
    time.sleep(0.3)
""",
        limit=64,
    )
    assert outcome.status == 0, outcome
    assert len(outcome.snapshots) == 3


def test_an_error_24_made_by_hand_or_unpickled_is_no_reason(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import errno, pickle
        import pyhandles

        pyhandles.install(on=("emfile",))
        made = OSError(errno.EMFILE, "Too many open files")
        copied = pickle.loads(pickle.dumps(made))
        try:
            raise copied
        except OSError:
            pass
        try:
            open("/does/not/exist")
        except FileNotFoundError:
            pass
        """,
    )
    assert outcome.status == 0, outcome
    assert outcome.snapshots == []


def test_subclasses_of_OSError_with_keyword_arguments_work_as_before(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import json, socket, ssl, subprocess, urllib.error
        import pyhandles

        def define():
            class ByInit(OSError):
                def __init__(self, message, *, code):
                    super().__init__(code, message)
                    self.code = code

            class ByNew(OSError):
                def __new__(cls, *args, code=0):
                    self = super().__new__(cls, *args)
                    self.code = code
                    return self

                def __init__(self, *args, code=0):
                    super().__init__(*args)

            class Both(ConnectionError):
                def __init__(self, *, host):
                    super().__init__(111, f"no way to {host}")

            return ByInit, ByNew, Both

        def use(by_init, by_new, both):
            return [
                (str(by_init("wrong", code=5)), by_init("wrong", code=5).errno, by_init("wrong", code=5).code),
                (str(by_new(2, "gone", code=9)), by_new(2, "gone", code=9).code, by_new(2, "gone").args),
                (str(both(host="there")), both(host="there").errno),
                (type(OSError(2, "x")).__name__, type(OSError(13, "x")).__name__, type(OSError(24, "x")).__name__),
                (str(OSError(2, "m", "f")), OSError(2, "m", "f", None, "g").filename2, OSError("only").args),
                (str(socket.gaierror(-2, "name")), str(ssl.SSLError(1, "s")), str(urllib.error.URLError("reason"))),
            ]

        before = define()
        expected = use(*before)
        pyhandles.install(on=("emfile",))
        after = define()
        assert use(*before) == expected
        assert use(*after) == expected
        pyhandles.uninstall()
        assert use(*before) == use(*after) == use(*define()) == expected
        print(json.dumps("as before"))
        """,
    )
    assert (outcome.status, outcome.out) == (0, '"as before"\n'), outcome


def test_uninstall_puts_OSError_back(tmp_path: Path):
    outcome = service(
        tmp_path,
        FILL
        + """
import pyhandles

with pyhandles.install(on=("emfile",)):
    pass
fill()
""",
        limit=64,
    )
    assert outcome.status == 0, outcome
    assert outcome.snapshots == []
    assert outcome.err == ""


def test_in_the_accept_loop_of_asyncio(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import asyncio, os, socket
        import pyhandles

        async def main():
            server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, backlog=1)
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: print(context["message"]))
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.sockets[0].getsockname())
            pyhandles.install(on=("emfile",))
            while os.dup(0) < 63:
                pass
            await asyncio.sleep(0.1)

        asyncio.run(main())
        """,
        limit=64,
    )
    assert outcome.status == 0, outcome
    assert "socket.accept() out of system resource" in outcome.out
    assert outcome.plain().header["trigger"] == "emfile"


def test_in_socketserver_which_swallows_it_unseen(tmp_path: Path):
    outcome = service(
        tmp_path,
        """
        import os, socket, socketserver
        import pyhandles

        server = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        client = socket.create_connection(server.server_address)
        pyhandles.install(on=("emfile",))
        while os.dup(0) < 63:
            pass
        server._handle_request_noblock()
        print("unseen")
        """,
        limit=64,
    )
    assert (outcome.status, outcome.out) == (0, "unseen\n"), outcome
    plain = outcome.plain()
    assert "accept" in {plain.text(row["name"]) for row in plain.rows("codes")}


@sees_every_error
def test_the_exception_under_way_is_not_changed(tmp_path: Path):
    source = (
        FILL
        + """
import sys, traceback

if sys.argv[1] == "installed":
    import pyhandles
    pyhandles.install(on=("emfile",), quiet=True)
taken = fill()
try:
    open("/dev/null")
except OSError as error:
    caught = error
for fd in taken: os.close(fd)
print(repr(caught), caught.filename, [entry.name for entry in traceback.extract_tb(caught.__traceback__)])
print(caught.__context__, caught.__cause__)
"""
    )
    with_us, without = (service(tmp_path, source, word, limit=64) for word in ("installed", "bare"))
    assert with_us.status == without.status == 0, with_us
    assert with_us.out == without.out
    assert len(with_us.snapshots) == 1
