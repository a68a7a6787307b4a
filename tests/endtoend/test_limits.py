"""The first line of the summary: how many descriptors are open, and which limit was met."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.collectors import native_only
from tests.endtoend.service import python, service


def first_line(tmp_path: Path, source: str) -> str:
    outcome = service(tmp_path, f"import contextlib, ctypes, os, resource, socket, sys\nimport pyhandles\n{source}")
    assert outcome.status == 0, outcome
    shown = python("-m", "pyhandles", "shell", outcome.snapshot(), "-c", "summary", cwd=tmp_path)
    return shown.out.splitlines()[0]


FULL = """
pyhandles.install("it.pkl", on=("emfile",), quiet=True)
kept = []
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, 64))
with contextlib.suppress(OSError):
    while True:
        kept.append(socket.socket())
"""


def test_the_process_has_as_many_as_it_may(tmp_path: Path):
    assert first_line(tmp_path, FULL.format(soft=40)) == (
        "40 descriptors open, soft limit 40, hard limit 64; limit met: descriptors of the process (RLIMIT_NOFILE)"
    )


def test_the_limit_was_lowered_below_what_was_open(tmp_path: Path):
    program = "before = [os.open('/dev/null', 0) for _ in range(20)]\n" + FULL.format(soft=10)

    line = first_line(tmp_path, program)

    assert line.endswith("soft limit 10, hard limit 64; limit met: descriptors of the process (RLIMIT_NOFILE)")
    assert int(line.split()[0]) > 20


@native_only("it sees only the errors that reach an exception handler or a monitored call")
def test_the_user_has_as_many_inotify_instances_as_it_may(tmp_path: Path):
    most = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    if most + 20 > resource.getrlimit(resource.RLIMIT_NOFILE)[0]:
        pytest.skip("the process may have fewer descriptors than the user inotify instances")
    program = """
pyhandles.install("it.pkl", on=("emfile",), quiet=True)
kept = []
while (fd := ctypes.CDLL(None).inotify_init()) >= 0:
    kept.append(fd)
ctypes.pythonapi.PyErr_SetFromErrno.argtypes = [ctypes.py_object]
with contextlib.suppress(OSError):
    ctypes.CDLL(None).inotify_init(), ctypes.pythonapi.PyErr_SetFromErrno(OSError)
"""
    # Where tests run beside each other they share the limit, and each meets it.
    assert "; limit met: not the process's own, likely inotify instances of the user (fs.inotify.max_user_" in (
        first_line(tmp_path, program)
    )


def test_another_error_met_no_limit(tmp_path: Path):
    program = """
pyhandles.install("it.pkl", on=("errno:ENOENT",), quiet=True)
with contextlib.suppress(OSError):
    os.open("/no/such/file", os.O_RDONLY)
"""
    assert "limit met" not in first_line(tmp_path, program)
