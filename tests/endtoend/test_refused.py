"""Whatever a capture is refused, the program goes on as it would have, one line says why, and no half file is left.

Each refusal is a real one: limits, a filter of system calls, another user, a mounted file system.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import pyhandles
from tests.collectors import native_only
from tests.endtoend.service import Outcome, service

CAUSES = {
    "emfile": """
        import os, resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        held = []
        try:
            while True:
                held.append(os.dup(0))
        except OSError as error:
            assert error.errno == 24
        for fd in held: os.close(fd)
    """,
    "exit": "",
    "request": """
        try:
            pyhandles.capture()
        except pyhandles.errors.PyhandlesError as error:
            print("pyhandles:", error, file=sys.stderr)
    """,
}

DROP = """
        if os.geteuid() == 0:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
"""

NO_PROCESS = DROP + "        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))\n"

LITTLE_MEMORY = """
        gc.collect()
        pages = int(open("/proc/self/statm").read().split()[0])
        most = pages * resource.getpagesize() + {more}
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
"""

SMALL_FILES = """
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        signal.signal(signal.SIGXFSZ, signal.{action})
"""

BY_SECCOMP = "        import tests.seccomp; tests.seccomp.refuse_fork(threads_too={threads})\n"

REFUSED = {
    "processes by RLIMIT_NPROC": (NO_PROCESS, "neither a child process nor a thread could be made|could not start"),
    "fork and threads by seccomp": (
        BY_SECCOMP.format(threads=True),
        "neither a child process nor a thread could be made|could not start",
    ),
    "memory to begin with": (
        LITTLE_MEMORY.format(more=64 << 10),
        "Cannot allocate memory|Resource temporarily unavailable",  # what pthread_create makes of it
    ),
    "memory for the walk": (LITTLE_MEMORY.format(more=5 << 19), "Cannot allocate memory"),
    "a directory that is not ours": (DROP, "Permission denied"),
    "a directory that is gone": ("        os.rmdir('out')\n", "No such file or directory"),
    "large files": (SMALL_FILES.format(action="SIG_IGN"), "File too large"),
    "large files, by a signal that ends the program": (SMALL_FILES.format(action="SIG_DFL"), "File too large"),
}

IN_THE_SAME_THREAD = native_only("where it can make no other thread, it captures in the one that asks")
WITHOUT_MEMORY = native_only("what Python itself does without memory, it cannot help")
NATIVE_ONLY = {
    "processes by RLIMIT_NPROC": IN_THE_SAME_THREAD,
    "fork and threads by seccomp": IN_THE_SAME_THREAD,
    "memory to begin with": WITHOUT_MEMORY,
    "memory for the walk": WITHOUT_MEMORY,
}

IN_PLACE_TOO = ["memory to begin with", "memory for the walk", "a directory that is gone", "large files",
                "large files, by a signal that ends the program"]  # fmt: skip


def program(trigger: str, refusal: str = "", install: str = "") -> str:
    """One that captures into ``out`` at the trigger, after the refusal, and then goes on."""
    on = {"emfile": "('emfile',)", "exit": "('exit',)", "request": "()"}[trigger]
    return f"""
        import gc, os, resource, signal, sys
        import pyhandles, pyhandles.errors

        os.makedirs("out", exist_ok=True)
        pyhandles.install("out/x.pkl", on={on}{install})
        {refusal.strip()}
        {CAUSES[trigger].strip()}
        print("went on")
        sys.exit(7)
    """


def assert_goes_on_and_says(outcome: Outcome, *told: str) -> None:
    assert (outcome.status, outcome.out) == (7, "went on\n"), outcome
    [line] = outcome.err.splitlines()
    assert line.startswith("pyhandles: "), line
    assert any(text in line for text in told), line


@pytest.mark.parametrize("trigger", CAUSES)
@pytest.mark.parametrize("refused", [pytest.param(each, marks=NATIVE_ONLY.get(each, ())) for each in REFUSED])
def test_refused(place: Path, refused: str, trigger: str) -> None:
    refusal, told = REFUSED[refused]
    outcome = service(place, program(trigger, refusal))

    assert_goes_on_and_says(outcome, *told.split("|"))
    assert not (place / "out").exists() or list((place / "out").iterdir()) == []


@pytest.mark.parametrize("trigger", CAUSES)
@pytest.mark.parametrize("refused", [pytest.param(each, marks=NATIVE_ONLY.get(each, ())) for each in IN_PLACE_TOO])
def test_refused_in_place(place: Path, refused: str, trigger: str) -> None:
    refusal, told = REFUSED[refused]
    outcome = service(place, program(trigger, refusal, ", fork=False"))

    assert_goes_on_and_says(outcome, *told.split("|"))
    assert not (place / "out").exists() or list((place / "out").iterdir()) == []


@pytest.mark.parametrize("trigger", CAUSES)
def test_where_only_the_fork_is_refused_the_capture_is_made_in_place(place: Path, trigger: str) -> None:
    outcome = service(place, program(trigger, BY_SECCOMP.format(threads=False)))

    assert (outcome.status, outcome.out) == (7, "went on\n"), outcome
    [path] = (place / "out").iterdir()
    assert pyhandles.load(path).header.capture["mode"] == "in place"
    if trigger != "request":
        assert "while the process stood still" in outcome.err


@pytest.mark.parametrize("trigger", CAUSES)
def test_a_current_directory_that_is_gone_is_no_obstacle(place: Path, trigger: str) -> None:
    source = program(trigger).replace('"out/x.pkl"', 'out + "/x.pkl"')
    gone = "out = os.path.abspath('out'); os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')"
    source = source.replace("        pyhandles.install(", f"        {gone}\n        pyhandles.install(")
    outcome = service(place, source)

    assert (outcome.status, outcome.out) == (7, "went on\n"), outcome
    assert pyhandles.load(place / "out" / "x.pkl").header.process["cwd"] == ""


# ---- file systems ---------------------------------------------------------------------------------------

MOUNT = """
mkdir out && mount -t tmpfs -o size={size} pyhandles-test out || exit 99
"$@"
status=$?
ls -A out > listing
exit $status
"""


def on_a_file_system(place: Path, size: str, source: str) -> Outcome:
    """Run the program with a file system of its own at ``out``, in a namespace of its own."""
    unshare = ("unshare", "--mount", "--propagation", "private")
    try:
        subprocess.run([*unshare, "mount", "-t", "tmpfs", "x", place], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("file systems cannot be mounted here")
    return service(place, source, prefix=(*unshare, "sh", "-c", MOUNT.format(size=size), "sh"))


@pytest.mark.parametrize("trigger", CAUSES)
@pytest.mark.parametrize("size", ["4k", "64k", "256k"])
def test_a_file_system_that_is_full_in_the_middle(place: Path, size: str, trigger: str) -> None:
    outcome = on_a_file_system(place, size, program(trigger))

    assert_goes_on_and_says(outcome, "No space left on device")
    assert (place / "listing").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("trigger", CAUSES)
def test_a_file_system_that_has_become_read_only(place: Path, trigger: str) -> None:
    outcome = on_a_file_system(place, "16m", program(trigger, "assert os.system('mount -o remount,ro out') == 0"))

    assert_goes_on_and_says(outcome, "Read-only file system")
    assert (place / "listing").read_text(encoding="utf-8") == ""


# ---- standard error -------------------------------------------------------------------------------------

DEAD = {
    "a pipe whose reader is gone": "os.close(read)",
    "the same, and SIGPIPE would end the program": "os.close(read); signal.signal(signal.SIGPIPE, signal.SIG_DFL)",
    "a pipe that is full and nobody reads": """
        os.set_blocking(write, False)
        try:
            while True: os.write(write, bytes(4096))
        except BlockingIOError:
            os.set_blocking(write, True)
    """,
    "closed": "os.close(2)",
    "closed, and taken by a file of the program's": "os.dup2(os.open('mine', os.O_RDWR | os.O_CREAT), 2)",
}


@pytest.mark.parametrize("trigger", CAUSES)
@pytest.mark.parametrize("kind", DEAD)
def test_where_nobody_reads_standard_error_nothing_is_told_and_nothing_hangs(
    place: Path, kind: str, trigger: str
) -> None:
    before = "read, write = os.pipe(); os.dup2(write, 2)"
    source = program(trigger, DEAD[kind].strip())
    source = source.replace("        pyhandles.install(", f"        {before}\n        pyhandles.install(")
    outcome = service(place, source)

    assert (outcome.status, outcome.out, outcome.err) == (7, "went on\n", ""), outcome
    assert [path.name for path in (place / "out").iterdir()] == ["x.pkl"]
    assert not (place / "mine").exists() or (place / "mine").read_bytes() == b""


# ---- the name -------------------------------------------------------------------------------------------

TAKEN = {
    "a file": "open('out/x.pkl', 'w').write('precious')",
    "a directory": "os.mkdir('out/x.pkl')",
    "a pipe": "os.mkfifo('out/x.pkl')",
    "a link to nothing": "os.symlink('elsewhere', 'out/x.pkl')",
    "a link to a file": "open('out/kept', 'w').write('precious'); os.symlink('kept', 'out/x.pkl')",
}


@pytest.mark.parametrize("trigger", CAUSES)
@pytest.mark.parametrize("what", TAKEN)
def test_a_name_that_is_taken_is_left_alone_and_the_next_free_one_is_told(place: Path, what: str, trigger: str) -> None:
    outcome = service(place, program(trigger, TAKEN[what]))
    out = place / "out"

    assert (outcome.status, outcome.out) == (7, "went on\n"), outcome
    assert trigger == "request" or f"{out}/x-2.pkl" in outcome.err
    pyhandles.load(out / "x-2.pkl")
    for name in ("x.pkl", "kept"):
        if (out / name).is_file():
            assert (out / name).read_text(encoding="utf-8") == "precious"
    assert {path.name for path in out.iterdir()} <= {"x.pkl", "x-2.pkl", "kept"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_directory_that_became_another_users_between_two_captures(place: Path) -> None:
    source = program("request", "os.chmod('out', 0o777); pyhandles.capture(); os.chmod('out', 0o755)\n" + DROP)
    outcome = service(place, source)

    assert_goes_on_and_says(outcome, "Permission denied")
    assert [path.name for path in (place / "out").iterdir()] == ["x.pkl"]
