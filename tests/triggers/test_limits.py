"""Which limit was met: EMFILE is not always the process's own."""

from __future__ import annotations

from pathlib import Path

import pyhandles
from tests.collectors import sees_every_error
from tests.triggers.test_triggers import run


def test_the_limit_of_the_process(tmp_path: Path) -> None:
    program = """
import resource
install("emfile")
resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))
try:
    held = [os.dup(0) for _ in range(30)]
except OSError:
    pass
"""
    run(tmp_path, program)
    assert pyhandles.load(tmp_path / "emfile.pkl").header.limits["met"] == "descriptors of the process (RLIMIT_NOFILE)"


@sees_every_error
def test_inotify_instances_of_the_user(tmp_path: Path) -> None:
    program = """
import ctypes
install("emfile")
libc = ctypes.CDLL(None, use_errno=True)
most = int(open("/proc/sys/fs/inotify/max_user_instances").read())
held = [libc.inotify_init() for _ in range(most + 1)]
# ctypes raises nothing; this is how an extension that wraps inotify would fail.
assert held[-1] == -1
raiser = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(("PyErr_SetFromErrno", ctypes.pythonapi))
again = ctypes.PYFUNCTYPE(ctypes.c_int)(("inotify_init", libc))
try:
    again()
    raiser(OSError)
except OSError as error:
    print(error.errno)
"""
    ran = run(tmp_path, program)
    assert ran.output == "24\n", ran.errors
    assert "inotify" in pyhandles.load(tmp_path / "emfile.pkl").header.limits["met"]
