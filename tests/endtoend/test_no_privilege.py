"""What is around a process is told to whoever runs it: without capabilities, in namespaces, where a policy refuses what
debuggers call. What cannot be seen is said to be unseen.

`tools/yama-check` shows the same under each kernel.yama.ptrace_scope, for which it takes another kernel.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.collectors import native_only
from tests.endtoend.service import python

pytestmark = native_only("it asks the kernel for nothing but the descriptors")

CHILD = {"a child that inherited", "that what it inherited is the same open file"}
THREAD = {"a thread in a call"}
COMPARED = {"a duplicate of a file", "that what it inherited is the same open file"}
EPOLL = {"a closed number in an epoll"}

IN_A_MOUNT_NAMESPACE = ("unshare", "--mount", "--propagation", "private", "sh", "-c")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make such a place")


def untold(place: Path, *options: str, prefix: tuple[str, ...] = ()) -> tuple[set[str], dict[str, Any]]:
    """The situations that the snapshot does not tell, and what it says of what it does not."""
    outcome = python("-m", "tests.endtoend.surrounded", *options, cwd=place, prefix=prefix)
    assert (outcome.status, outcome.err) == (0, "")
    answer = json.loads(outcome.out)
    assert answer["mode"] == ("in place" if "in-place" in options else "fork")
    return {name for name, told in answer["told"].items() if not told}, answer["kernel"]


def permitted(*prefix: str) -> tuple[str, ...]:
    """A prefix under which a command can be run here."""
    if shutil.which(prefix[0]) is None:
        pytest.skip(f"{prefix[0]} is not installed")
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True, text=True, timeout=30)
    if tried.returncode != 0:
        pytest.skip(f"this machine does not permit it: {tried.stderr.strip()}")
    return prefix


@pytest.mark.parametrize("options", [(), ("full",), ("in-place",), ("in-place", "full")], ids=" ".join)
@pytest.mark.parametrize("user", ["user", ""])
def test_all_is_told_by_a_child_and_in_place_and_without_a_free_descriptor(
    place: Path, user: str, options: tuple[str, ...]
) -> None:
    left_out, kernel = untold(place, *filter(None, (user, *options)))

    assert left_out == set()
    assert (kernel["waits"], kernel["files"], kernel["sockets"]) == (None, None, None)
    assert (kernel["processes"] is None) == (kernel["hidden"] == 0)


@needs_root
def test_root_in_a_container_may_not_look_into_others(place: Path) -> None:
    prefix = permitted("setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace")
    assert untold(place, prefix=prefix)[0] == set()


def test_a_policy_that_refuses_the_calls_of_debuggers(place: Path) -> None:
    calls = ("refused=kcmp", "refused=ptrace", "refused=process_vm_readv")
    left_out, kernel = untold(place, "user", *calls)

    assert left_out == COMPARED
    assert kernel["files"] == "which of some descriptors share an open file: Operation not permitted"


@needs_root
def test_a_daemon_that_was_root_may_not_look_into_its_own(place: Path) -> None:
    left_out, kernel = untold(place, "daemon")

    assert left_out == CHILD | THREAD
    assert kernel["waits"]
    assert kernel["processes"]
    assert kernel["hidden"] > 0


@needs_root
def test_where_other_users_processes_are_hidden(place: Path) -> None:
    prefix = permitted(*IN_A_MOUNT_NAMESPACE, 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "sh")
    left_out, kernel = untold(place, "user", prefix=prefix)

    assert left_out == set()
    assert kernel["processes"] == "other users' processes are hidden (hidepid)"


@needs_root
def test_a_network_of_ones_own(place: Path) -> None:
    assert untold(place, "user", "loopback", prefix=permitted("unshare", "--net"))[0] == set()


@needs_root
def test_the_first_process_of_a_container(place: Path) -> None:
    prefix = permitted("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    left_out, kernel = untold(place, "user", prefix=prefix)

    assert left_out == set()
    assert (kernel["hidden"], kernel["processes"]) == (0, None)


@needs_root
def test_processes_that_proc_numbers_in_another_way(place: Path) -> None:
    left_out, kernel = untold(place, "user", prefix=permitted("unshare", "--pid", "--fork", "--kill-child"))

    assert left_out == CHILD | THREAD
    assert kernel["waits"]
    assert kernel["processes"]


@needs_root
def test_without_proc(place: Path) -> None:
    prefix = permitted(*IN_A_MOUNT_NAMESPACE, 'mount -t tmpfs none /proc && exec "$@"', "sh")
    left_out, kernel = untold(place, "user", prefix=prefix)

    assert left_out == CHILD | THREAD | EPOLL
    assert kernel["waits"]
    assert kernel["files"] == "what epolls watch: there is no /proc"
    assert kernel["processes"]
