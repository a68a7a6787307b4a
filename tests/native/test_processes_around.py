"""Other processes: which have a file of this one, its other end, or a socket at its address, and what they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pyhandles
from pyhandles.format import AccessFlag
from tests.collectors import native_only
from tests.native.scenes import played

if TYPE_CHECKING:
    from pyhandles.snapshot import Snapshot
    from pyhandles.snapshot.kernel import HeldElsewhere, Process

pytestmark = native_only("tells nothing of the surroundings")

READ, WRITE = AccessFlag.READ, AccessFlag.WRITE

PROGRAM = """
import ctypes, json, os, resource, select, signal, socket, sys, time
import pyhandles
from tests import seccomp

noted = {"pid": os.getpid(), "parent": os.getppid(), "before": time.time()}
pyhandles.install("it.pkl", on=("emfile",), quiet=True, fork={fork}, redact={redact})
{before}
PR_SET_NAME, PR_SET_DUMPABLE = 15, 4
prctl = ctypes.CDLL(None).prctl
may_end, told = os.pipe(), os.pipe()

def process(*keeps, before=lambda: None, **also):
    # A child that keeps these descriptors alone, and what `before` opens.
    pid = os.fork()
    if pid == 0:
        for fd in map(int, os.listdir("/proc/self/fd")):
            if fd not in {may_end[0], told[1], *keeps}:
                try:
                    os.close(fd)
                except OSError:
                    pass
        answer = before()
        os.write(told[1], json.dumps(answer).encode())
        os.read(may_end[0], 1)
        os._exit(0)
    noted[also["name"]] = {"pid": pid, "answer": json.loads(os.read(told[0], 1000))}

pipe = os.pipe()
pair = socket.socketpair()
file = os.open("file", os.O_RDWR | os.O_CREAT)
twice = os.dup(file)
log = os.open("log", os.O_WRONLY | os.O_CREAT)
os.mkfifo("fifo")
fifo = os.open("fifo", os.O_RDWR)
epoll = select.epoll()
null = os.open("/dev/null", os.O_RDWR)
other_null = os.open("/dev/null", os.O_RDWR)
gone = os.open("gone", os.O_RDWR | os.O_CREAT)
os.unlink("gone")
noted["fds"] = dict(pipe_out=pipe[0], pipe_in=pipe[1], left=pair[0].fileno(), right=pair[1].fileno(), file=file,
                    log=log, fifo=fifo, epoll=epoll.fileno(), null=null, gone=gone)

process(pipe[1], pair[1].fileno(), twice, epoll.fileno(), null, gone, name="heir")
os.close(pipe[1])
pair[1].close()
process(name="stranger", before=lambda: {
    "log": os.open("log", os.O_WRONLY), "null": os.open("/dev/null", os.O_RDWR),
    "fifo": os.open("fifo", os.O_RDONLY | os.O_NONBLOCK),
    "epoll": select.epoll().fileno()})

def rename():
    prctl(PR_SET_NAME, b") R (7 8)", 0, 0, 0)

def have_a_child():
    grandchild = os.fork()
    if grandchild == 0:
        os.read(may_end[0], 1)
        os._exit(0)
    return grandchild

process(name="renamed", before=rename)
process(name="between", before=have_a_child)
os.close(may_end[0])

def run(*words):
    # A program with these words, which ends with its parent.
    command = [sys.executable, "-c", "import sys; print(); sys.stdout.flush(); sys.stdin.read()", *words]
    streams = [(os.POSIX_SPAWN_DUP2, may_end_too[0], 0), (os.POSIX_SPAWN_DUP2, told[1], 1)]
    pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=streams)
    os.read(told[0], 1)
    return pid

may_end_too = os.pipe()
noted["quoted"] = {"pid": run("a word", "it's", "", "--plain=7", "\\u20ac")} if {runs} else None
noted["long"] = {"pid": run("x" * 100, "\\u20ac" * 100)} if {runs} else None
zombie = os.fork()
if zombie == 0:
    os._exit(0)
os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
noted["zombie"] = {"pid": zombie}
{act}
while not os.path.exists("it.pkl"):
    time.sleep(0.01)
print(json.dumps(noted))
"""

CAPTURE = "pyhandles.capture()"
EMFILE = """
kept = []
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 3,) * 2)
try:
    while True:
        kept.append(open(os.devnull))
except OSError:
    pass
"""
BECOME_ORDINARY = """
import encodings.idna
os.setgroups([]), os.setgid(65534), os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # may be looked at, as where nobody was root before
"""
NO_KCMP = "seccomp.refuse_kcmp()"

MANNERS = {
    "by fork": {},
    "in place": {"fork": "False"},
    "at the limit": {"act": EMFILE},
    "at the limit, in place": {"act": EMFILE, "fork": "False"},
    "ordinary user": {"before": BECOME_ORDINARY, "runs": "False"},
    "kcmp refused": {"before": NO_KCMP},
    "redacted": {"redact": "True"},
}


class Scene:
    """What the program noted of processes, and what the snapshot says of them."""

    def __init__(self, noted: dict[str, Any], snapshot: Snapshot, manner: str) -> None:
        self.noted = noted
        self.snapshot = snapshot
        self.fds: dict[str, int] = noted["fds"]
        self.can_compare = manner != "kcmp refused"
        self.is_redacted = manner == "redacted"
        self.runs = manner != "ordinary user"

    def process(self, pid: int) -> Process:
        [row] = [row for row in self.snapshot.processes if row.pid == pid]
        return row

    def __getitem__(self, name: str) -> Process:
        return self.process(self.noted[name]["pid"])

    def held(self, name: str) -> dict[int, HeldElsewhere]:
        """By number."""
        return {row.fd: row for row in self.snapshot.held_elsewhere if row.pid == self.noted[name]["pid"]}

    def inode(self, name: str) -> tuple[int, int]:
        [found] = [(row.device, row.inode) for row in self.snapshot.descriptors if row.fd == self.fds[name]]
        return found


@pytest.fixture(scope="module", params=MANNERS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    default = {"before": "", "fork": "True", "redact": "False", "act": CAPTURE, "runs": "True"}
    outcome = played(tmp_path_factory, PROGRAM, default | MANNERS[request.param], request.param)
    assert (outcome.status, outcome.err) == (0, ""), outcome
    return Scene(json.loads(outcome.out), pyhandles.load(outcome.snapshot()).model, request.param)


def test_what_a_child_inherited_is_the_same_open_file(scene: Scene) -> None:
    held, fds = scene.held("heir"), scene.fds
    same = {name: held[fds[name]].same for name in ("epoll", "null", "gone")}
    [file] = [row for row in held.values() if (row.device, row.inode) == scene.inode("file")]
    if scene.can_compare:
        assert (same, file.same) == ({name: fds[name] for name in same}, fds["file"])
    else:
        assert {*same.values(), file.same} == {-2}
    assert file.fd != fds["file"]
    assert file.access == READ | WRITE


def test_the_other_end_of_a_pipe(scene: Scene) -> None:
    [row] = [row for row in scene.held("heir").values() if row.inode == scene.inode("pipe_out")[1]]
    # It is the other end, so it is not the same open file, whatever the kernel lets us ask.
    assert (row.fd, row.same, row.access) == (scene.fds["pipe_in"], -1, WRITE)


def test_the_other_end_of_a_socket_pair(scene: Scene) -> None:
    row = scene.held("heir")[scene.fds["right"]]
    [peer] = [each for each in scene.snapshot.sockets if each.peer_inode == row.inode]
    assert (peer.inode, row.same, row.access) == (scene.inode("left")[1], -1, READ | WRITE)


def test_a_file_that_another_process_opened_for_itself(scene: Scene) -> None:
    held, opened = scene.held("stranger"), scene.noted["stranger"]["answer"]
    log, fifo = held[opened["log"]], held[opened["fifo"]]
    assert (log.device, log.inode) == scene.inode("log")
    assert (log.same, log.access) == (-1 if scene.can_compare else -2, WRITE)
    assert (fifo.inode, fifo.same, fifo.access) == (scene.inode("fifo")[1], -1, READ)


def test_what_everybody_opens_for_himself_is_not_told_of(scene: Scene) -> None:
    opened = scene.noted["stranger"]["answer"]
    assert {opened["null"], opened["epoll"]}.isdisjoint(scene.held("stranger"))


def test_the_process_itself_its_parent_and_its_descendants(scene: Scene) -> None:
    pid, between = scene.noted["pid"], scene["between"]
    assert scene.process(pid).parent == scene.noted["parent"] == scene.process(scene.noted["parent"]).pid
    assert (between.parent, scene.process(scene.noted["between"]["answer"]).parent) == (pid, between.pid)
    assert (scene["zombie"].parent, scene["zombie"].command) == (pid, None)
    assert pid not in {row.pid for row in scene.snapshot.held_elsewhere}
    assert "pyhandles" not in {row.name for row in scene.snapshot.processes}


def test_no_process_twice_and_each_that_is_held_by(scene: Scene) -> None:
    pids = [row.pid for row in scene.snapshot.processes]
    assert pids == sorted(set(pids))
    assert {row.pid for row in scene.snapshot.held_elsewhere} <= set(pids)


def test_when_a_process_started(scene: Scene) -> None:
    started = scene["heir"].started / 1e9
    assert scene.noted["before"] - 0.02 <= started <= time.time()
    assert scene.process(scene.noted["pid"]).started / 1e9 <= started


def test_whose_a_process_is(scene: Scene) -> None:
    user = os.geteuid() if scene.runs else 65534
    assert (scene["heir"].uid, scene["heir"].visible) == (user, 1)


def test_a_name_that_looks_like_the_rest_of_its_line(scene: Scene) -> None:
    assert (scene["renamed"].name, scene["renamed"].parent) == (") R (7 8)", scene.noted["pid"])


def test_commands(scene: Scene) -> None:
    if scene.is_redacted:
        assert {row.command for row in scene.snapshot.processes} == {None}
    elif scene.runs:
        quoted, long = scene["quoted"].command or "", scene["long"].command or ""
        assert quoted.endswith(r"""sys.stdin.read()' 'a word' 'it'\''s' '' --plain=7 €""")
        assert long.endswith("…")
        assert 190 <= len(long.removesuffix("…").encode()) <= 200
        assert "�" not in long


def test_those_that_do_not_show_their_descriptors_are_counted(scene: Scene) -> None:
    kernel = scene.snapshot.header.kernel
    assert kernel is not None
    hidden = kernel["hidden"]
    if not scene.runs:  # its parent is root's
        assert (scene.process(scene.noted["parent"]).visible, hidden > 0) == (0, True)
    does = "process of other users does not show its" if hidden == 1 else "processes of other users do not show their"
    assert kernel["processes"] == (f"{hidden} {does} descriptors" if hidden else None)


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="only root may mount, and FUSE is not everywhere"
)
def test_a_file_of_the_same_name_that_answers_no_more_holds_nothing_up(tmp_path: Path) -> None:
    """As a file of another container may, whose server is gone."""
    (tmp_path / "file").touch()
    root = Path(__file__).parents[2]
    deaf = subprocess.Popen(
        [sys.executable, "-m", "tests.native.deaf_files", str(tmp_path)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert deaf.stdin is not None
    assert deaf.stdout is not None
    try:
        if not deaf.stdout.readline():
            pytest.skip("file systems cannot be mounted here")
        program = "import pyhandles\nfile = open('file')\npyhandles.capture('snapshot.pkl')"
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(root)},
            timeout=50,
            check=False,
        )
    finally:
        deaf.communicate(timeout=10)

    assert done.returncode == 0
    kernel = pyhandles.load(tmp_path / "snapshot.pkl").header.kernel
    assert kernel is not None
    assert kernel["processes"] is None
