"""An address in use, five times for another reason: the snapshot at the failed `bind` says who has it, and why."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from rich.cells import cell_len

from pyhandles.render.documents import document
from pyhandles.render.text import text_lines
from pyhandles.shell.answering import ask
from pyhandles.shell.session import Session
from pyhandles.snapshot import Snapshot
from tests.collectors import native_only
from tests.endtoend.service import EXAMPLES, Outcome, dumped, python, script

REOPENED = sorted(path.name for path in EXAMPLES.glob("*_reopen.py"))
AT_THE_BIND = ("--on", "errno:EADDRINUSE")
MODES = {
    "forked": (),
    "in place": ("--no-fork",),
    "recorded": ("--record",),
    "recorded, in place": ("--record", "--no-fork"),
}
sees_the_surroundings = native_only("it tells nothing of the surroundings")

UNDER = """
import ctypes, encodings.idna, os, resource, select, socket, subprocess, sys, threading, traceback

how, example = sys.argv[1:]
with open(example, encoding="utf-8") as file:
    code = compile(file.read(), example, "exec")

def fill(event, arguments):
    if event == "socket.bind" and arguments[1][1]:  # the second time: the port is known by then
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            while True:
                os.dup(0)
        except OSError:
            pass

if how == "full":
    sys.addaudithook(fill)
elif os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, as a program has it that this user has begun
sys.argv = [example]
exec(code, {"__name__": "__main__"})
"""
"""Runs an example as an ordinary user, or so that it has no descriptor left when it binds its address again."""


class Answers:
    """What is answered about a snapshot, in this process: a shell of its own for each would be the costliest of all."""

    def __init__(self, path: Path) -> None:
        self.of = Snapshot.open(path)
        self._session = Session(self.of, path.name)
        self.address: str = (self.of.header.failed_call or {})["address"]
        self.who = self.document("who")
        assert self.who["address"] == self.address
        # Whatever else has that port, by another protocol, is told beside it.
        asked = self.document(f"who {self.address}")["holders"]
        assert all(holder in asked for holder in self.who["holders"])

    def document(self, line: str) -> dict[str, Any]:
        return document(line, ask(self._session, line))

    def words(self, line: str) -> str:
        """What is printed, wherever its lines end."""
        lines = text_lines(ask(self._session, line), 80)
        assert all(cell_len(text.plain) <= 80 for text in lines)
        return " ".join(" ".join(text.plain for text in lines).split())

    @property
    def holder(self) -> dict[str, Any]:
        """The only one."""
        [holder] = self.who["holders"]
        return holder

    @property
    def told(self) -> str:
        """What `who` prints."""
        return self.words("who")

    def handle(self, fd: int) -> dict[str, Any]:
        [handle] = [row for row in self.document("io list")["rows"] if row["fd"] == fd]
        return handle


def failed(tmp_path: Path, example: str, *options: str) -> Outcome:
    """The example as it ends at its second `bind`."""
    outcome = dumped(tmp_path, *AT_THE_BIND, *options, "--", EXAMPLES / example)
    assert outcome.status == 1, outcome
    assert "OSError: [Errno 98] Address already in use" in outcome.err
    return outcome


@pytest.fixture(params=[*MODES, "full", "ordinary"])
def answered(request: pytest.FixtureRequest, tmp_path: Path):
    """Runs an example in one of the ways in which it may be captured."""
    how = request.param
    if how in MODES:
        yield lambda example: Answers(failed(tmp_path, example, *MODES[how]).snapshot())
        return

    def run(example: str) -> Answers:
        outcome = dumped(folder, *AT_THE_BIND, "--", script(folder, UNDER), how, EXAMPLES / example)
        assert "OSError: [Errno 98] Address already in use" in outcome.err
        found = Answers(outcome.snapshot())
        assert how != "full" or {each.fd for each in found.of.descriptors} >= set(range(64))
        return found

    with TemporaryDirectory() as name:  # pytest's own are not for other users
        folder = Path(name)
        folder.chmod(0o777)
        yield run


def place(example: str, text: str) -> str:
    """Where this text stands in the example, as an answer names it."""
    lines = (EXAMPLES / example).read_text(encoding="utf-8").splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if text in line]
    return f"{example}:{number}"


@sees_the_surroundings
def test_udp_a_thread_is_still_in_recvfrom_so_that_the_close_has_not_taken_effect(answered):
    found = answered("udp_reopen.py")
    holder, line = found.holder, place("udp_reopen.py", "self.sock.recvfrom(2048)")

    assert holder["where"] == "orphan"
    assert re.fullmatch(r"receiver-\d+", holder["thread"])
    assert line in holder["site"]
    for told in (found.told, found.words("closed")):
        assert holder["thread"] in told
        assert "recvfrom()" in told
        assert line in told
        assert "sock.shutdown(socket.SHUT_RDWR)" in told
    assert "its close has not taken effect" in found.told
    [closed] = found.document("closed")["rows"]
    assert (closed["thread"], closed["site"]) == (holder["thread"], holder["site"])

    # The number is the same: it is that of the socket which could not be bound, and not to blame.
    [wait] = [wait for wait in found.of.waits if wait.call == "recvfrom"]
    assert wait.fd == found.of.header.failed_call["fd"]
    assert holder["fd"] is holder["pid"] is None


@sees_the_surroundings
def test_makefile_the_accepted_connection_waits_for_its_file(answered):
    found = answered("makefile_reopen.py")
    holder = found.holder

    assert (holder["where"], holder["pid"]) == ("handle", None)
    assert found.handle(holder["fd"])["state"] == "closing"
    for told in (found.told, found.words("closed")):
        assert "makefile()" in told
        assert "Session" in told
    assert "fix close what makefile() made, too" in found.told
    assert "Session.reader" in found.words("closed")
    [closed] = [row for row in found.document("closed")["rows"] if row["kind"] == "makefile"]
    assert closed["fd"] == holder["fd"]


@sees_the_surroundings
def test_child_the_helper_has_the_listening_socket(answered):
    found = answered("child_reopen.py")
    own = found.of.header.process["pid"]
    [helper] = [process for process in found.of.processes if (process.name, process.parent) == ("cat", own)]
    holder = found.holder

    assert (holder["where"], holder["pid"]) == ("process", helper.pid)
    [row] = [row for row in found.of.held_elsewhere if (row.pid, row.fd) == (helper.pid, holder["fd"])]
    assert row.inode in {socket.inode for socket in found.of.sockets if socket.local == found.address}
    for told in (found.told, found.words("closed")):
        assert f"fd {row.fd} of process {helper.pid} (/bin/cat), a child, running since " in told
        assert "close_fds=True" in told


@sees_the_surroundings
def test_duplicate_it_is_named_with_who_has_it(answered):
    found = answered("duplicate_reopen.py")
    holder = found.holder

    assert (holder["where"], holder["pid"]) == ("handle", None)
    assert found.handle(holder["fd"])["target"] == f"tcp {found.address} LISTEN"
    assert found.handle(holder["fd"])["holder"] == "Metrics.watched['http']"
    assert f"fd {holder['fd']} of this process" in found.told
    assert "Metrics.watched['http']" in found.told


@sees_the_surroundings
def test_time_wait_only_the_kernel_has_the_connection_and_for_how_long(answered):
    found = answered("time_wait_reopen.py")
    holder = found.holder

    assert holder["where"] == "kernel"
    assert holder["fd"] is holder["pid"] is holder["thread"] is holder["site"] is None
    for told in (found.told, found.words("closed")):
        assert "TIME_WAIT" in told
        assert "SO_REUSEADDR" in told
    [seconds] = re.findall(r"for (\d+) s more", found.told)
    assert 30 < int(seconds) <= 60


@pytest.mark.parametrize("example", REOPENED)
def test_with_the_fix_the_address_is_free(tmp_path: Path, example: str):
    outcome = dumped(tmp_path, *AT_THE_BIND, "--", EXAMPLES / example, "--fixed")
    assert outcome.status == 0, outcome
    assert outcome.snapshots == []


@pytest.mark.parametrize("example", REOPENED)
def test_an_example_ends_by_itself_whether_or_not_anyone_captures(tmp_path: Path, example: str):
    assert failed(tmp_path, example).snapshot().name.endswith("-errno-EADDRINUSE.pkl")
    assert "Address already in use" in python(EXAMPLES / example, cwd=tmp_path).err


@pytest.mark.parametrize("example", REOPENED)
def test_an_example_says_how_to_run_it(example: str):
    text = (EXAMPLES / example).read_text(encoding="utf-8")
    assert f"python -m pyhandles.dump --on errno:EADDRINUSE -- examples/{example}\n" in text
    assert f"examples/{example} --fixed" in text
