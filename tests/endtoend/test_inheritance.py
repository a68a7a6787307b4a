"""What `inherit` foretells is what children then have, by each way of making one, on this Python."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.collectors import native_only
from tests.endtoend.service import ask, python, script

HELPER = """
import json, os, stat, sys

def table():
    found = {}
    for fd in range(256):
        try:
            info = os.fstat(fd)
            access = os.O_ACCMODE & __import__("fcntl").fcntl(fd, 3)
        except OSError:
            continue
        found[fd] = [info.st_dev, info.st_ino, info.st_rdev, access]
    return found

def write(name):
    found = table()
    with open(name, "w") as file:
        json.dump(found, file)

if __name__ == "__main__":
    write(sys.argv[1])
"""

PROGRAM = """
import multiprocessing, os, socket, subprocess, sys, tempfile
import helper
import pyhandles

LISTER = [sys.executable, "helper.py"]

def by_fork():
    child = os.fork()
    if child == 0:
        helper.write("fork.json")
        os._exit(0)
    os.waitpid(child, 0)

def by_exec():
    child = os.fork()
    if child == 0:
        os.execv(LISTER[0], [*LISTER, "exec.json"])
    os.waitpid(child, 0)

def by_posix_spawn():
    child = os.posix_spawn(LISTER[0], [*LISTER, "posix_spawn.json"], os.environ)
    os.waitpid(child, 0)

def by_native_code():
    import ctypes  # which may keep a file open
    ctypes.CDLL(None).system((" ".join([*LISTER, "system.json"])).encode())

def by_multiprocessing(method):
    child = multiprocessing.get_context(method).Process(target=helper.write, args=(f"multiprocessing-{method}.json",))
    child.start()
    child.join()
    assert child.exitcode == 0

if __name__ == "__main__":
    if "started" in sys.argv:  # the servers that multiprocessing has
        from multiprocessing import forkserver, resource_tracker
        resource_tracker.ensure_running()
        forkserver.ensure_running()
    plain = tempfile.TemporaryFile()
    handed_over = tempfile.TemporaryFile()
    os.set_inheritable(handed_over.fileno(), True)
    listener = socket.create_server(("127.0.0.1", 0))
    shared = socket.socket()
    shared.set_inheritable(True)
    pipe = os.pipe()
    os.set_inheritable(pipe[1], True)
    pyhandles.capture("it.pkl")
    helper.write("parent.json")
    by_fork()
    by_exec()
    by_posix_spawn()
    by_native_code()
    subprocess.run([*LISTER, "subprocess.json"], check=True)
    subprocess.run([*LISTER, "subprocess-all.json"], close_fds=False, check=True)
    for method in multiprocessing.get_all_start_methods():
        by_multiprocessing(method)
    with open("default.txt", "w") as file:
        file.write(multiprocessing.get_start_method())
"""

FORETOLD = {
    "fork": "fork",
    "exec": "exec",
    "posix_spawn": "exec",
    "system": "exec",
    "subprocess": "subprocess",
    "subprocess-all": "subprocess close_fds=False",
    "multiprocessing fork": "multiprocessing fork",
    "multiprocessing forkserver": "multiprocessing forkserver",
    "multiprocessing spawn": "multiprocessing spawn",
}
"""Children, and the way that foretells what they have."""


@pytest.fixture(scope="module", params=["fresh", "started"])
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("family")
    script(folder, HELPER, name="helper.py")
    outcome = python(script(folder, PROGRAM), request.param, cwd=folder)
    assert outcome.status == 0, outcome
    [answer] = ask(outcome.snapshot("it.pkl"), "inherit")
    return folder, answer


def files(folder: Path, child: str) -> dict[int, tuple[int, ...]]:
    """What stands at each number of a child: by device, number and access, which no two of the parent's share."""
    text = (folder / f"{child.replace(' ', '-')}.json").read_text(encoding="utf-8")
    return {int(fd): tuple(file) for fd, file in json.loads(text).items()}


@pytest.mark.parametrize("child", FORETOLD)
def test_a_child_has_what_was_foretold(family: tuple[Path, dict[str, Any]], child: str):
    folder, answer = family
    [foretold] = [way for way in answer["ways"] if way["way"] == FORETOLD[child]]
    before, after = files(folder, "parent"), files(folder, child)
    fds = set(foretold["fds"])
    if child == "fork":  # where Python closes this one in the child, as newer ones do by a handler
        fds -= {fd for fd in fds - set(after) if fd in trackers(folder)}

    assert set(after.values()) & set(before.values()) == {before[fd] for fd in fds}
    if not child.startswith("multiprocessing"):
        assert after == {fd: before[fd] for fd in fds}
    assert foretold["count"] == len(foretold["fds"])


def trackers(folder: Path) -> set[int]:
    [listed] = ask(folder / "it.pkl", "io list")
    return {row["fd"] for row in listed["rows"] if "resource tracker" in (row["role"] or "")}


def test_the_start_method_is_pythons_own(family: tuple[Path, dict[str, Any]]):
    folder, answer = family
    assert answer["start_method"]["method"] == (folder / "default.txt").read_text(encoding="utf-8")
    told = (f"the default of Python {sys.version_info[0]}.{sys.version_info[1]}", "as this program does")
    assert answer["start_method"]["text"].startswith(told)


def test_the_inheritable_ones_are_listed(family: tuple[Path, dict[str, Any]]):
    folder, answer = family
    [exec_] = [way for way in answer["ways"] if way["way"] == "exec"]
    [listed] = ask(folder / "it.pkl", "io list --inheritable")

    assert [row["fd"] for row in listed["rows"]] == exec_["fds"]
    assert [row["holder"] for row in listed["rows"] if row["fd"] > 2 and row["kind"] != "pipe"] == [
        "global handed_over of __main__",
        "global shared of __main__",
    ]
    assert [row["fd"] for row in answer["rows"] if row["inheritable"]] == [fd for fd in exec_["fds"] if fd > 2]


IN_A_CHILD = """
import multiprocessing, socket, sys
import pyhandles

def work(mine):
    own = socket.socket()
    pyhandles.capture("child.pkl")

if __name__ == "__main__":
    pyhandles.install(on=(), record="record" in sys.argv)
    listener = socket.create_server(("127.0.0.1", 0))
    mine = socket.socket()
    print(listener.fileno(), mine.fileno())
    def main():
        kept = listener
        child = multiprocessing.get_context("fork").Process(target=work, args=(mine,))
        child.start()
        child.join()
    main()
"""


@native_only("it tells nothing of other processes, and does not record")
@pytest.mark.parametrize("mode", ["record", "kernel"])
def test_what_a_forked_child_has_from_its_parent_and_does_not_use(tmp_path: Path, mode: str):
    outcome = python(script(tmp_path, IN_A_CHILD), mode, cwd=tmp_path)
    assert outcome.status == 0, outcome
    listener, mine = map(int, outcome.out.split())

    [answer] = ask(tmp_path / "child.pkl", "inherit")

    assert {listener, mine} <= set(answer["from_parent"]["fds"])
    assert [row["fd"] for row in answer["from_parent"]["unused"] if row["kind"] == "socket"] == [listener]
    [row] = [row for row in answer["from_parent"]["unused"] if row["fd"] == listener]
    assert row["holder"] == "global listener of __main__"
    assert any("close in the child" in text for text in answer["advice"])
