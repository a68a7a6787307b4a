"""Real programs that open what a family of the standard library opens: what each handle is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import ask, python

UNKNOWN_TO_PORTABLE = {"map", "directory"}
"""The collector in Python cannot ask these for their descriptors."""

PROGRAMS = Path(__file__).parent / "programs"

ROLES = {
    "network": {
        "server": "listening socket of http.server.ThreadingHTTPServer",
        "client": "connection of http.client.HTTPConnection",
        "pool": "connection of http.client.HTTPConnection",
        "urlopen": "body of a response of urlopen()",
        "response": "body of an http.client response",
        "listener": None,
        "makefile": "socket with a makefile()",
        "tls": "TLS connection",
        "selector": "epoll of a selectors.EpollSelector",
        "epoll": "select.epoll object",
        "log socket": "connection of logging.handlers.SocketHandler",
    },
    "asynchronous": {
        "epoll": "epoll of the running event loop",
        "self-pipe": "self-pipe of the running event loop",
        "stranded epoll": "epoll of an event loop that does not run",
        "stranded self-pipe": "self-pipe of an event loop that does not run",
        "server": "listening socket of an asyncio Server",
        "stream": "connection of an asyncio stream",
        "served": "connection of an asyncio stream",
        "transport": "connection of an asyncio transport",
        "datagrams": "datagram endpoint of asyncio",
        "child's input": "pipe of an asyncio subprocess",
        "child's output": "pipe of an asyncio subprocess",
    },
    "local": {
        "child's input": "standard input of a subprocess.Popen not waited for",
        "child's output": "standard output of a subprocess.Popen not waited for",
        "ended child's errors": "standard error of a subprocess.Popen that has ended",
        "named": "temporary file of NamedTemporaryFile()",
        "spooled": "temporary file of a SpooledTemporaryFile",
        "zip": "archive of zipfile.ZipFile",
        "zip member": "archive of a zipfile member",
        "tar": "archive of tarfile.TarFile",
        "gzip": "file of gzip.GzipFile",
        "bz2": "file of bz2.BZ2File",
        "lzma": "file of lzma.LZMAFile",
        "log": "log file of logging.FileHandler",
        "rotating log": "log file of logging.handlers.RotatingFileHandler",
        "map": "memory map, with a descriptor of its own",
        "directory": "os.scandir() iterator, not used up",
        "plain": None,
        "database": "likely the database of a sqlite3.Connection",
    },
    "processes": {
        "queue's read end": "read end of a multiprocessing.Queue",
        "queue's write end": "write end of a multiprocessing.Queue",
        "simple queue": "read end of a multiprocessing.SimpleQueue",
        "pipe": "end of a multiprocessing.Pipe()",
        "shared memory": "file of a multiprocessing SharedMemory",
        "tracker": "pipe to multiprocessing's resource tracker",
        "pool": "read end of the task queue of a Pool",
        "executor": "read end of the queue of results of a ProcessPoolExecutor",
    },
}

HOLDERS = {
    "network": {
        "server": "ThreadingHTTPServer.socket",
        "client": "Client.connection",
        "pool": "Pool.idle[0]",
        "urlopen": "global body of __main__",
        "response": "global bodies[0] of __main__",
        "makefile": "Makefile.file",
        "tls": "Secure.tls",
        "selector": "Watch.selector",
        "listener": "global listener of __main__",
    },
    "asynchronous": {
        "stranded epoll": "global stranded of __main__",
        "stranded self-pipe": "global stranded of __main__",
        "stream": "Session.reader",
        "transport": "Client.transport",
        "datagrams": "local variable endpoint of main()",
        "child's input": "local variable child of main()",
        "child's output": "local variable child of main()",
    },
    "local": {
        "child's input": "Job.process.stdin",
        "child's output": "Job.process.stdout",
        "ended child's errors": "global ended.stderr of __main__",
        "named": "global named of __main__",
        "spooled": "global spooled of __main__",
        "zip": "global archives[0] of __main__",
        "zip member": "global member of __main__",
        "tar": "global tar of __main__",
        "gzip": "global compressed[0] of __main__",
        "bz2": "global compressed[1] of __main__",
        "lzma": "global compressed[2] of __main__",
        "log": "FileHandler.stream",
        "map": "global mapped of __main__",
        "directory": "Walk.entries",
    },
    "processes": {
        "queue's read end": "local variable queue of main() (likely)",
        "queue's write end": "local variable queue of main() (likely)",
        "simple queue": "local variable simple of main() (likely)",
        "shared memory": "local variable memory of main() (likely)",
        "pool": "Pool._inqueue (likely)",
    },
}
"""The user's things; of the server's side of an asyncio stream, the coroutine that serves it is looked for below."""


class Opened:
    """The rows of a program's snapshot, by the names that it gives to what it opens."""

    def __init__(self, name: str, directory: Path) -> None:
        self.path = directory / f"{name}.pkl"
        outcome = python(PROGRAMS / f"{name}.py", cwd=directory, SNAPSHOT=str(self.path))
        assert outcome.status == 0, outcome
        if not self.path.exists():
            outcome.snapshot().rename(self.path)
        [document] = ask(self.path, "io list")
        rows = {row["fd"]: row for row in document["rows"]}
        self.numbers = json.loads(outcome.out)
        if PORTABLE:
            self.numbers = {what: fd for what, fd in self.numbers.items() if what not in UNKNOWN_TO_PORTABLE}
        self.rows: dict[str, dict[str, Any]] = {what: rows[fd] for what, fd in self.numbers.items()}


@pytest.fixture(scope="module", params=list(ROLES))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return Opened(request.param, tmp_path_factory.mktemp(request.param))


def test_each_handle_is_told_what_it_is_for(opened: Opened):
    expected = ROLES[opened.path.stem]
    assert {what: row["role"] for what, row in opened.rows.items()} == {what: expected[what] for what in opened.rows}


def test_the_holder_is_the_users_own_thing_not_what_a_library_puts_around_a_handle(opened: Opened):
    expected = {what: holder for what, holder in HOLDERS[opened.path.stem].items() if what in opened.rows}
    assert {what: opened.rows[what]["holder"] for what in expected} == expected


def test_what_only_an_event_loop_watches_is_held_by_the_coroutine_that_serves_it(opened: Opened):
    if "served" in opened.rows:
        assert opened.rows["served"]["holder"] in {
            "local variable _reader of serve()",
            "local variable writer of serve()",
        }


def test_why_says_it_too_and_what_to_write_instead(opened: Opened):
    answers = ask(opened.path, *(str(fd) for fd in opened.numbers.values()))
    assert [answer["role"] for answer in answers] == [row["role"] for row in opened.rows.values()]
    advised = {answer["role"]: answer["advice"] for answer in answers}
    assert advised == {role: advice for role, advice in advised.items() if role or advice is None}
