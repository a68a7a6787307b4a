"""`closed` over real sockets: each thing that was closed and is not gone, and a healthy service, which has none."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.collectors import native_only
from tests.endtoend.service import ROOT, ask, script, service

pytestmark = native_only("it tells nothing of the surroundings")

TROUBLED = """
import json, os, resource, socket, subprocess, sys, threading, time
import pyhandles

def at_a_free_port(make):
    while True:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            free = sock.getsockname()
        try:
            return make(free)
        except OSError:
            pass  # another program was faster

pyhandles.install("it.pkl", on=(), quiet=True, record="--record" in sys.argv)
KEPT, TOLD = [], {}

def say(name, sock):
    TOLD[name] = f"127.0.0.1:{sock.getsockname()[1]}"

def connected(name):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    say(name, near)
    return near, far

def wait_until(holds):
    while not holds():
        time.sleep(0.001)

def makefile():
    near, far = connected("makefile")
    KEPT.append((near.makefile("rb"), far))
    near.close()

def duplicate():
    near, far = connected("duplicate")
    KEPT.append((near, far, frozenset({os.dup(near.fileno()) * 1000})))

def survivor():
    listener = socket.create_server(("127.0.0.1", 0))
    say("survivor", listener)
    KEPT.append(listener.dup())
    listener.close()

def child():
    global CHILD, LISTENER
    LISTENER = at_a_free_port(socket.create_server)
    LISTENER.set_inheritable(True)
    CHILD = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)
    say("child", LISTENER)
    TOLD["pid"] = CHILD.pid

def receive(sock, ready):
    ready.set()
    sock.recvfrom(100)

def is_asleep(thread):
    with open(f"/proc/self/task/{thread.native_id}/wchan") as wchan, \\
            open(f"/proc/self/task/{thread.native_id}/stat") as stat:
        return "S" in stat.read().rpartition(")")[2] and "futex" not in wchan.read()

def call():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    at_a_free_port(sock.bind)
    say("call", sock)
    ready = threading.Event()
    thread = threading.Thread(target=receive, args=(sock, ready), name="receiver", daemon=True)
    thread.start()
    ready.wait()
    wait_until(lambda: is_asleep(thread))
    sock.close()

def unsent():
    near, far = connected("unsent")
    near.setblocking(False)
    try:
        while True:
            near.send(bytes(65536))
    except BlockingIOError:
        pass
    near.shutdown(socket.SHUT_WR)
    wait_until(lambda: connection(near)[5].startswith("04:"))  # its timer looks for room at the peer's
    KEPT.append((near, far))

def connection(sock):
    ends = tuple(f"{end[1]:04X}" for end in (sock.getsockname(), sock.getpeername()))
    with open("/proc/self/net/tcp") as connections:
        [fields] = [fields for fields in map(str.split, connections) if (fields[1][-4:], fields[2][-4:]) == ends]
    return fields

def unnoticed():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        say("unnoticed", listener)
        for _ in range(3):
            KEPT.append(socket.create_connection(listener.getsockname()))
            listener.accept()[0].close()

def half_open():
    near, far = connected("half_open")
    near.shutdown(socket.SHUT_WR)
    far.recv(1)
    wait_until(lambda: connection(near)[3] == "05")  # FIN_WAIT2: the peer's kernel has acknowledged that
    KEPT.append((near, far))

def time_wait():
    near, far = connected("time_wait")
    near.close()
    far.close()

for step in (makefile, duplicate, survivor, child, call, unsent, unnoticed, half_open, time_wait):
    step()
pyhandles.capture("before.pkl")
LISTENER.close()
pyhandles.capture("after.pkl")
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
try:
    while True:
        KEPT.append(open("/dev/null"))
except OSError:
    pyhandles.capture("full.pkl")
CHILD.communicate()
print(json.dumps(TOLD), flush=True)
os._exit(0)
"""


Rows = list[dict[str, Any]]


class Troubled(NamedTuple):
    """What is told before a listener is closed, after that, and when no descriptor is left; what the program said."""

    before: Rows
    after: Rows
    full: Rows
    told: dict[str, Any]


@pytest.fixture(scope="module", params=[False, True], ids=["unrecorded", "recorded"])
def recorded(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def troubled(recorded: bool, tmp_path_factory: pytest.TempPathFactory) -> Troubled:
    folder = tmp_path_factory.mktemp("troubled")
    outcome = service(folder, TROUBLED, *(["--record"] if recorded else []))
    assert outcome.status == 0, outcome
    before, after, full = [ask(folder / f"{name}.pkl", "closed")[0]["rows"] for name in ("before", "after", "full")]
    return Troubled(before, after, full, json.loads(outcome.out))


def about(rows: Rows, address: str, kind: str) -> dict[str, Any]:
    [row] = [row for row in rows if row["kind"] == kind and address in f"{row['address']} {row['target']}"]
    return row


def line_of(text: str) -> str:
    """``app.py:12``."""
    lines = TROUBLED.splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if text in line]
    return f"app.py:{number} in "


def test_a_socket_that_waits_for_makefile(troubled: Troubled):
    rows, told = troubled.before, troubled.told
    row = about(rows, told["makefile"], "makefile")

    assert "waits for 1 makefile() object" in row["text"]
    assert "_io.BufferedReader in global KEPT[0][0]" in row["text"]


def test_a_copy_that_no_object_owns(troubled: Troubled, recorded: bool):
    rows, told = troubled.before, troubled.told
    row = about(rows, told["duplicate"], "duplicate")

    assert row["fds"] == sorted(row["fds"])
    assert "are one open file" in row["text"]
    assert "no object owns" in row["text"]
    if recorded:
        assert row["site"] == line_of("os.dup(near.fileno())") + "duplicate"


def test_a_copy_whose_original_was_closed(troubled: Troubled, recorded: bool):
    rows, told = troubled.before, troubled.told
    if not recorded:
        assert not [row for row in rows if row["address"] == told["survivor"]]
        return
    row = about(rows, told["survivor"], "duplicate")

    assert "was closed, but fd" in row["text"]
    assert row["site"] == line_of("KEPT.append(listener.dup())") + "survivor"


def test_what_a_child_got_by_accident(troubled: Troubled):
    rows, told = troubled.before, troubled.told
    row = about(rows, told["child"], "child")

    assert row["pid"] == told["pid"]
    assert "/bin/cat" in row["text"]
    assert "once closed here, it stays open there" in row["text"]


def test_what_was_closed_here_and_a_child_still_has(troubled: Troubled, recorded: bool):
    rows, told = troubled.after, troubled.told
    if not recorded:
        assert not [row for row in rows if row["kind"] == "child"]
        return
    row = about(rows, told["child"], "child")

    assert (row["fd"], row["pid"], row["target"]) == (None, told["pid"], f"tcp {told['child']} LISTEN")
    assert row["site"] == line_of("LISTENER.close()") + "<module>"


def test_a_thread_that_is_in_a_call_on_it(troubled: Troubled, recorded: bool):
    for rows in troubled[:3]:
        [row] = [row for row in rows if row["kind"] == "call"]

        assert (row["thread"], row["fd"]) == ("receiver", None)
        assert row["site"] == line_of("sock.recvfrom(100)") + "receive"
        # Other programs on this machine may have such sockets now: then it is one of these, unless it was recorded.
        assert f"udp {troubled.told['call']}" in (row["target"] if recorded else f"{row['target']} {row['evidence']}")
        assert any("was closed by close()" in text for text in row["evidence"]) is recorded


def test_one_that_is_shut_down_with_bytes_that_the_peer_does_not_take(troubled: Troubled):
    rows, told = troubled.before, troubled.told
    row = about(rows, told["unsent"], "unsent")

    assert "FIN_WAIT1" in row["target"]
    assert "bytes that the peer has not taken yet" in row["text"]


def test_those_that_the_peer_closed_are_one(troubled: Troubled):
    rows, told = troubled.before, troubled.told
    row = about(rows, told["unnoticed"], "unnoticed")

    assert row["count"] == len(row["fds"]) == 3
    assert "nobody looks for the end" in row["text"]
    assert any("KEPT" in text for text in row["evidence"])


def test_one_that_was_shut_down_here_and_is_open_there(troubled: Troubled):
    rows, told = troubled.before, troubled.told
    [here, there] = [row for row in rows if row["kind"] == "unnoticed" and told["half_open"] in row["target"]]

    assert {here["details"]["state"], there["details"]["state"]} == {"CLOSE_WAIT", "FIN_WAIT2"}


def test_there_is_nothing_else(troubled: Troubled, recorded: bool):
    before, after = troubled.before, troubled.after
    kinds = ["makefile", "call", "child", "duplicate", "unsent", *["unnoticed"] * 3, *["duplicate"] * recorded]

    assert sorted(row["kind"] for row in before) == sorted(kinds)
    assert len(after) == len(before) - (not recorded)


def test_the_same_is_told_with_no_descriptor_left(troubled: Troubled):
    after, full = ([(row["kind"], row["target"]) for row in rows] for rows in (troubled.after, troubled.full))

    assert after == full


HEALTHY = """
import asyncio, concurrent.futures, logging, mmap, multiprocessing, os, socket, subprocess, sys, tempfile, threading
import pyhandles

async def talk(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()

async def serve(capture):
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    clients = [await asyncio.open_connection(*server.sockets[0].getsockname()) for _ in range(4)]
    for reader, writer in clients:
        writer.write(b"hello\\n")
        await reader.readline()
    process = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    await asyncio.to_thread(capture)
    await process.communicate(b"")
    for _, writer in clients:
        writer.close()
    server.close()

def square(number):
    return number * number

def main():
    pyhandles.install("it.pkl", on=(), quiet=True, record="--record" in sys.argv)
    method = sys.argv[1]
    log = logging.FileHandler("it.log")
    pipe = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    silent = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=log.stream, stderr=subprocess.STDOUT)
    with tempfile.TemporaryFile() as file:
        file.truncate(4096)
        mapped = mmap.mmap(file.fileno(), 4096)
        kept = open(file.fileno(), "rb", closefd=False)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=listener.accept, daemon=True).start()
    context = multiprocessing.get_context(method)
    near, far = context.Pipe()
    with context.Pool(2) as pool, concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        pool.map(square, range(4))
        executor.submit(square, 3).result()
        asyncio.run(serve(pyhandles.capture))
    for process in (pipe, silent):
        process.communicate()

if __name__ == "__main__":
    main()
    os._exit(0)
"""


def at_a_terminal(folder: Path, *arguments: str) -> None:
    """Run the program as a shell does that has the same terminal, and stays."""
    main, other = pty.openpty()
    shell = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, str(script(folder, HEALTHY)), *arguments]
    try:
        process = subprocess.Popen(
            shell, stdin=other, stdout=other, stderr=other, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        os.close(other)
        said = b""
        with suppress(OSError):  # EIO is a terminal's end
            while part := os.read(main, 4096):
                said += part
        assert process.wait(60) == 0, said
    finally:
        os.close(main)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_healthy_service_at_a_terminal_has_nothing_of_it(tmp_path: Path, method: str, recorded: bool):
    """Pipes to subprocesses, pools of processes, an event loop, a thread that waits, a mapping, the shell's streams."""
    at_a_terminal(tmp_path, method, *(["--record"] if recorded else []))
    [answer, summary] = ask(tmp_path / "it.pkl", "closed", "summary")

    assert answer["rows"] == []
    assert summary["closed"] == {}
