"""Recording begins and ends whatever other threads do meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

from pyhandles.dump.collectors import collector
from tests.recorder.trial import compile_c

pytestmark = pytest.mark.skipif(not hasattr(collector(), "record"), reason="needs the native collector")


def output(program: str, directory: Path) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=directory,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_while_a_library_that_is_being_loaded_waits_for_the_gil(tmp_path: Path) -> None:
    code = """
    #include <Python.h>
    #include <unistd.h>
    __attribute__((constructor)) static void start(void)
    {
        usleep(500000);
        PyGILState_Release(PyGILState_Ensure());
    }
    """
    compile_c(code, tmp_path / "waits.so", f"-I{sysconfig.get_path('include')}")
    compile_c('#include <dlfcn.h>\nint go(void) { return dlopen("./waits.so", RTLD_NOW) != 0; }', tmp_path / "loads.so")

    program = """
    import ctypes, threading, time, pyhandles
    loads = ctypes.CDLL("./loads.so")
    loads.go
    pyhandles.install("x.pkl")  # to import: that waits with the GIL, whatever is imported
    pyhandles.uninstall()
    for end in (False, True):
        thread = threading.Thread(target=loads.go)
        if end:
            pyhandles.install("x.pkl", record=True)
        thread.start()
        time.sleep(0.1)
        if end:
            pyhandles.uninstall()
        else:
            pyhandles.install("x.pkl", record=True)
            pyhandles.uninstall()
        thread.join()
    print("done")
    """

    assert output(program, tmp_path) == "done"


def test_vfork_is_counted_where_it_was_called(tmp_path: Path) -> None:
    program = """
    import subprocess, pyhandles
    pyhandles.install("x.pkl", record=True)
    subprocess.run(["true"], cwd="/", close_fds=False)
    print([(site.calls, site.site.split(":")[-1]) for site in pyhandles.calls().sites if site.call == "vfork"])
    """

    assert output(program, tmp_path) == "[(1, '4 in <module>')]"
