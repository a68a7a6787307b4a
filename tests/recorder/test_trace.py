"""`trace` of real programs: what they called, in the order in which it had its effect."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from tests.collectors import native_only
from tests.endtoend.service import ask, service

pytestmark = native_only("it does not record")

BEGINNING = """
import os, select, socket, subprocess, threading, time
import pyhandles

"localhost".encode("idna")
subprocess.run(["true"], cwd="/")  # whatever is imported on the way is by now
pyhandles.install("it.pkl", on=(), quiet=True, record=True)
fd = {}
"""

END = """
pyhandles.capture()
print(fd)
"""


def recorded(cwd: Path, source: str) -> tuple[Path, dict[str, Any]]:
    """The snapshot of a program that begins and ends as above, and what it has noted in ``fd``."""
    outcome = service(cwd, BEGINNING + source + END)
    assert outcome.status == 0, outcome
    return outcome.snapshot(), ast.literal_eval(outcome.out)


def trace(snapshot: Path, options: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask(snapshot, f"trace {options}")[0]["rows"]
    return rows


def told(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{'  ' * row['between']}{row['call']}({row['arguments']}) = {row['outcome']}" for row in rows]


def with_numbers(fd: dict[str, Any], *lines: str) -> list[str]:
    return [line.format(**fd) for line in lines]


def test_sockets(tmp_path: Path):
    snapshot, fd = recorded(
        tmp_path,
        """
def main():
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()
    fd.update(server=server.fileno(), client=client.fileno(), accepted=accepted.fileno())
    fd.update(at=server.getsockname()[1], ours=client.getsockname()[1])
    accepted.shutdown(socket.SHUT_WR)
    accepted.close()
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    fd.update(closed=closed.fileno(), nobody=closed.getsockname()[1])
    try:
        client.close()
        socket.socket().connect(closed.getsockname())
    except OSError:
        pass
    one, other = socket.socketpair()
    fd.update(one=one.fileno(), other=other.fileno())
    named = socket.socket(socket.AF_UNIX)
    named.bind("\\0it")
    fd.update(named=named.fileno())
main()
""",
    )

    assert told(trace(snapshot, "--site 'in main'")) == with_numbers(
        fd,
        "socket() = {server}",
        "bind({server}, 127.0.0.1:0) = 0",
        "listen({server}) = 0",
        "socket() = {client}",
        "connect({client}, 127.0.0.1:{at}) = 0",
        "accept4({server}, 127.0.0.1:{ours}) = {accepted}",
        "shutdown({accepted}) = 0",
        "close({accepted}) = 0",
        "socket() = {closed}",
        "bind({closed}, 127.0.0.1:0) = 0",
        "close({client}) = 0",
        "socket() = {client}",
        "connect({client}, 127.0.0.1:{nobody}) = -1 ECONNREFUSED (Connection refused)",
        "close({client}) = 0",
        "socketpair([{one}, {other}]) = 0",
        "socket() = {named}",
        "bind({named}, @it) = 0",
    )


def test_files_and_copies(tmp_path: Path):
    snapshot, fd = recorded(
        tmp_path,
        """
def main():
    with open("it.txt", "w") as file:
        fd.update(file=file.fileno())
    try:
        open("/nowhere/it.txt")
    except FileNotFoundError:
        pass
    try:
        os.close(99)
    except OSError:
        pass
    first, second = os.pipe()
    copy = os.dup(first)
    os.dup2(second, 50)
    os.dup2(second, copy)
    fd.update(first=first, second=second, copy=copy)
    os.closerange(first, second + 1)
    with select.epoll() as epoll:
        fd.update(epoll=epoll.fileno())
    for _ in os.scandir("."):
        pass
main()
""",
    )
    rows = [row for row in trace(snapshot, "--site 'in main'") if row["call"] not in {"opendir", "closedir"}]

    assert told(rows) == with_numbers(
        fd,
        'open("it.txt") = {file}',
        "close({file}) = 0",
        'open("/nowhere/it.txt") = -1 ENOENT (No such file or directory)',
        "close(99) = -1 EBADF (Bad file descriptor)",
        "pipe2([{first}, {second}]) = 0",
        "fcntl({first}, F_DUPFD) = {copy}",
        "dup2({second}, 50) = 50",
        "dup2({second}, {copy}) = {copy}",
        "close_range({first}, {second}) = 0",
        "epoll_create1() = {epoll}",
        "close({epoll}) = 0",
    )


def test_a_subprocess_shows_what_its_parent_did_and_nothing_of_what_the_child_did(tmp_path: Path):
    snapshot, fd = recorded(
        tmp_path,
        """
def main():
    lowest = os.dup(0)
    os.close(lowest)
    fd.update(out=lowest, other=lowest + 1, error=lowest + 2, failed=lowest + 3)
    subprocess.run(["true"], cwd="/", stdout=subprocess.PIPE)
main()
""",
    )

    assert told(trace(snapshot, "--site 'in main'"))[2:] == with_numbers(
        fd,
        "pipe2([{out}, {other}]) = 0",
        "pipe2([{error}, {failed}]) = 0",
        "close({failed}) = 0",
        "close({other}) = 0",
        "close({error}) = 0",
        "close({out}) = 0",
    )


def test_an_opening_has_its_effect_when_it_ends(tmp_path: Path):
    """It is begun first, waits for the others, and makes its descriptor last."""
    snapshot, fd = recorded(
        tmp_path,
        """
def accept():
    fd.update(accepted=server.accept()[0].detach())
server = socket.create_server(("127.0.0.1", 0))
waiting = threading.Thread(target=accept)
waiting.start()
time.sleep(0.1)
client = socket.create_connection(server.getsockname())
waiting.join()
""",
    )
    *_, connected, accepted = [row for row in trace(snapshot) if row["call"] in {"connect", "accept4"}]

    assert (connected["call"], accepted["fd"]) == ("connect", fd["accepted"])
    assert connected["time"] < accepted["time"]
    assert accepted["time"] - accepted["seconds"] < connected["time"]


def test_what_happened_between_the_close_of_a_number_and_its_next_opening(tmp_path: Path):
    snapshot, fd = recorded(
        tmp_path,
        """
def work():
    os.close(number)
    closed.set()
    done.wait()
number = os.open("first.txt", os.O_CREAT | os.O_WRONLY)
higher = os.dup(number)
closed, done = threading.Event(), threading.Event()
worker = threading.Thread(target=work, name="worker", daemon=True)
worker.start()
closed.wait()
os.close(higher)
again = os.open("second.txt", os.O_CREAT | os.O_WRONLY)
assert again == number
fd.update(number=number, higher=higher)
""",
    )
    rows = trace(snapshot, f"--fd {fd['number']}")

    assert told(rows)[-4:] == with_numbers(
        fd,
        "fcntl({number}, F_DUPFD) = {higher}",
        "close({number}) = 0",
        "  close({higher}) = 0",
        'open("second.txt") = {number}',
    )
    assert [row["thread"] for row in rows[-4:]] == ["MainThread", "worker", "MainThread", "MainThread"]
    assert rows[-3]["notes"][0].startswith(f"{fd['number']} is free for ")
    assert rows[-1]["notes"] == [f"{fd['number']} is given out again, to another thread than closed it"]
    assert told(trace(snapshot, "--thread worker")) == [f"close({fd['number']}) = 0"]


def test_misuses_are_marked(tmp_path: Path):
    snapshot, fd = recorded(
        tmp_path,
        """
def twice(number):
    for _ in range(2):
        try:
            os.close(number)
        except OSError:
            pass
def late(number):
    try:
        os.write(number, b"lost")
    except OSError:
        pass
number = os.open("it.txt", os.O_CREAT | os.O_WRONLY)
fd.update(number=number)
twice(number)
late(number)
time.sleep(0.2)
""",
    )
    opened, closed, twice, late = trace(snapshot, f"--fd {fd['number']}")[-4:]

    assert [row["misuse"] for row in (opened, closed, twice, late)] == [None, None, "double close", "use after close"]
    assert [note.partition(" at ")[0] for note in twice["notes"]] == ["double close", "opened", "closed"]
    assert twice["notes"][2].endswith("by MainThread, app.py:13 in twice")
    assert late["errno"] == "EBADF"


def test_a_delay_on_demand_is_told_and_what_it_makes_happen(tmp_path: Path):
    snapshot, fd = recorded(
        tmp_path,
        """
def send(number):
    os.write(number, b"to what was there before")
number = os.open("first.txt", os.O_CREAT | os.O_WRONLY)
pyhandles.widen("write", site="app.py:send", milliseconds=500)
sender = threading.Thread(target=send, args=(number,), name="sender")
sender.start()
time.sleep(0.1)
os.close(number)
again = os.open("second.txt", os.O_CREAT | os.O_WRONLY)
assert again == number
sender.join()
pyhandles.widen("close", site="app.py:drop", milliseconds=1)
def drop():
    os.close(again)
drop()
fd.update(number=number)
""",
    )
    *_, opened, late, dropped = trace(snapshot, f"--fd {fd['number']}")

    assert (opened["call"], opened["misuse"]) == ("open", None)
    assert (late["call"], late["misuse"], late["site"]) == ("write", "late use", "app.py:11 in send")
    assert (dropped["call"], dropped["notes"][0]) == ("close", "it was delayed before, on demand")


def test_what_is_no_longer_in_memory_is_said(tmp_path: Path):
    snapshot, fd = recorded(
        tmp_path,
        """
early = os.open("early.txt", os.O_CREAT | os.O_WRONLY)
fd.update(early=early)
for _ in range(15_000):
    os.close(os.open("late.txt", os.O_CREAT | os.O_WRONLY))
""",
    )
    [answer] = ask(snapshot, "trace --call open")
    [early] = trace(snapshot, f"--fd {fd['early']} --call open")[-1:]

    assert early["arguments"] == '"early.txt"'
    assert answer["recorded"] > 30_000 > answer["kept"] > 10_000
    assert answer["rows"][0]["time"] < answer["complete_since"] < answer["rows"][-1]["time"]
