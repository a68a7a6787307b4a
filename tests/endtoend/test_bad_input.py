"""Files that are no good, and outputs that go nowhere: one line that says which it is and what to do, status 2."""

from __future__ import annotations

import os
import pickle
import pickletools
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyhandles.errors import SnapshotError
from pyhandles.snapshot import Snapshot
from tests.endtoend.service import ROOT, Outcome, dumped, python, script
from tests.shell.leak import leaking_heap

NINE_BYTES = [
    b"\x80\x02Nr\xff\xff\xff\x7f.",
    b"\x80\x05\x8e" + struct.pack("<Q", 2**40)[:6],
    b"\x80\x05X\xff\xff\xff\xff..",
]
"""The first makes the standard unpickler take gigabytes for its memo."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a snapshot of a process."""
    return dumped(tmp_path_factory.mktemp("real"), "--", "-c", "pass").snapshot().read_bytes()


class Evil:
    def __reduce__(self):
        return os.abort, ()


def flipped(data: bytes) -> bytes:
    at = data.index(b"\x8c\x03pid") + 6
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


CASES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "is empty. The disk was full"),
    "cut": (lambda data: data[:-1], "is cut short: it ends after"),
    "text": (lambda _: b"hello\n", "is not a pyhandles snapshot. Snapshots are written by"),
    "another pickle": (lambda _: pickle.dumps({"format": "x"}), "is not a pyhandles snapshot. Snapshots are"),
    "a pickle with a global": (lambda _: pickle.dumps(Evil()), "is not a pyhandles snapshot. Snapshots are"),
    "a snapshot with a global": (
        lambda data: data.replace(b"\x8c\x04exit", b"cos\nabort\n", 1),
        "is altered: byte ",
    ),
    "nine bytes": (lambda _: NINE_BYTES[0], "is not a pyhandles snapshot. Snapshots are"),
    "a flipped bit": (flipped, "is altered: what stands between its columns does not match its checksum. Copy it"),
    "a newer version": (
        lambda data: data.replace(b"\x8c\x07versionJ\x01", b"\x8c\x07versionJ\x09", 1),
        "is of format version 9; this pyhandles reads up to version 1. A newer pyhandles reads it: `pip",
    ),
}


def refused(outcome: Outcome) -> str:
    """What a file that could not be opened is told with."""
    assert (outcome.status, outcome.out) == (2, ""), outcome
    assert outcome.err.startswith("pyhandles: ")
    assert outcome.err.endswith("\n")
    assert outcome.err.count("\n") == 1
    return outcome.err.removeprefix("pyhandles: ")


def shell(path: Path | str, *arguments: str, cwd: Path, **options) -> Outcome:
    return python("-m", "pyhandles", "shell", path, *arguments, cwd=cwd, **options)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("case", CASES)
def test_a_file_that_is_no_good(tmp_path: Path, real: bytes, case: str, form: str):
    spoil, reason = CASES[case]
    (tmp_path / "x.pkl").write_bytes(spoil(real))

    assert refused(shell("x.pkl", "--format", form, "-c", "io list", cwd=tmp_path)).startswith(f"x.pkl {reason}")


def test_what_is_no_file(tmp_path: Path):
    missing = "cannot be read: No such file or directory. The line that a capture prints names its file.\n"
    assert refused(shell("none.pkl", "-c", "io list", cwd=tmp_path)) == f"none.pkl {missing}"
    assert refused(shell(".", cwd=tmp_path)) == ". is a directory. Name one of the snapshots in it.\n"
    assert refused(shell("/dev/null", cwd=tmp_path)).startswith("/dev/null is not a file. Copy ")


AS_ANOTHER_USER = """
import os, sys
if os.getuid() == 0:
    os.setuid(65534)
from pyhandles.cli import main
sys.exit(main(["shell", sys.argv[1], "-c", "io list"]))
"""


def test_a_file_that_may_not_be_read(tmp_path: Path):
    (tmp_path / "x.pkl").write_bytes(b"secret")
    (tmp_path / "x.pkl").chmod(0)
    program = f"import numpy, rich.text, pyhandles.shell.main, pyhandles.render.text\n{AS_ANOTHER_USER}"
    try:
        line = refused(python("-c", program, tmp_path / "x.pkl", cwd=tmp_path))
    finally:
        (tmp_path / "x.pkl").chmod(0o600)

    assert "cannot be read: Permission denied. A snapshot is for its owner's eyes" in line


def test_a_name_with_escapes_in_it_does_not_reach_the_terminal(tmp_path: Path):
    (tmp_path / "\x1b[2J\n\x9b.pkl").write_bytes(b"")

    line = refused(shell("\x1b[2J\n\x9b.pkl", cwd=tmp_path))

    assert line.startswith("\\x1b[2J\\n\\x9b.pkl is empty")


def cut_short(data: bytes | memoryview) -> bool:
    with pytest.raises(SnapshotError) as error:
        Snapshot(memoryview(data), "x.pkl")
    return "is cut short" in error.value.message


def test_a_real_file_cut_anywhere(real: bytes):
    boundaries = [at for _, _, at in pickletools.genops(real) if at]
    anywhere = random.Random(1).sample(range(1, len(real)), 300)

    assert all(cut_short(memoryview(real)[:length]) for length in (*boundaries, *anywhere))


def test_a_real_file_with_a_flipped_bit_anywhere(real: bytes):
    data = bytearray(real)
    for position in random.Random(2).sample(range(len(data)), 200):
        data[position] ^= 1 << position % 8
        with pytest.raises(SnapshotError):
            Snapshot(memoryview(data), "x.pkl")
        data[position] ^= 1 << position % 8


BOUNDED = """
import resource, sys
from pyhandles.cli import main
import numpy, rich.text, pyhandles.shell.main, pyhandles.render.text
with open("/proc/self/statm") as file:
    there = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (there + 64_000_000, there + 64_000_000))
sys.exit(main(["shell", sys.argv[1], "-c", "io list"]))
"""


def greedy(beginning: bytes) -> list[bytes]:
    asks = [b"\x8e" + struct.pack("<Q", 2**40), b"X\xff\xff\xff\xff", b"](" * 100_000, b"](" + b"N" * 3_000_000]
    return NINE_BYTES + [beginning + b"\x8c\x01x" + each for each in asks]


@pytest.mark.parametrize("which", range(7))
def test_few_bytes_that_ask_for_gigabytes_get_none(tmp_path: Path, real: bytes, which: int):
    (tmp_path / "x.pkl").write_bytes(greedy(real[: real.index(b"\x8c\x06writer")])[which])

    line = refused(python("-c", BOUNDED, tmp_path / "x.pkl", cwd=tmp_path))

    assert "emory" not in line


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="its unpickler takes no memory for a mere number")
def test_the_bound_would_be_noticed(tmp_path: Path):
    """The same limit ends the standard unpickler, which takes the nine bytes at their word."""
    (tmp_path / "x.pkl").write_bytes(NINE_BYTES[0])
    program = BOUNDED.partition("sys.exit")[0] + "import pickle\npickle.load(open(sys.argv[1], 'rb'))"

    assert "MemoryError" in python("-c", program, tmp_path / "x.pkl", cwd=tmp_path).err


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    leaking_heap().write(tmp_path / "x.pkl")
    return tmp_path / "x.pkl"


@pytest.mark.parametrize("form", ["text", "json", "csv"])
@pytest.mark.parametrize("reader", ["head -n 1", "true"])
def test_output_into_what_reads_little_of_it(tmp_path: Path, snapshot: Path, form: str, reader: str):
    commands = " ".join(["-c 'io list'"] * 400)
    shell = f"{sys.executable} -m pyhandles shell {snapshot} --format {form} {commands}"
    line = f"{{ {shell}; echo $? >status; }} | {reader}"
    done = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )

    assert done.stderr == b""
    assert (tmp_path / "status").read_text() == "141\n"


def test_output_that_cannot_be_written(tmp_path: Path, snapshot: Path):
    for place, status, told in (
        (">/dev/full", 1, "pyhandles: the answer could not be written: No space left on device. Look at "),
        (">&-", 0, ""),
        ("2>&- -c nonsense", 1, ""),
    ):
        line = f"exec {sys.executable} -m pyhandles shell {snapshot} -c summary {place}"
        outcome = python(script(tmp_path, f"import os; os.execvp('sh', ['sh', '-c', {line!r}])"), cwd=tmp_path)
        assert outcome.status == status
        assert outcome.err.startswith(told)
        assert outcome.err.count("\n") == bool(told)


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["shel", "x.pkl"], "argument COMMAND: invalid choice: 'shel'"),
        (["shell"], "the following arguments are required: SNAPSHOT"),
        (["shell", "x.pkl", "\x1b[2J"], "unrecognized arguments: \\x1b[2J. `pyhandles --help` says what there is."),
        (["shell", "x.pkl", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
    ],
)
def test_a_command_line_that_is_wrong(tmp_path: Path, words: list[str], told: str):
    assert refused(python("-m", "pyhandles", *words, cwd=tmp_path)).startswith(told)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("io lst", "no command 'io'. Did you mean `io list`?"),
        ("idnetify 7", "no command 'idnetify'. Did you mean `identify`?"),
        ("identify 7 --raaw", "identify does not take '--raaw'. Did you mean `--raw`?"),
        ("identify 7 --depth x", "identify: argument --depth: 'x' is no number from 1 up. Usage: `identify X "),
        ("show", "show: the following arguments are required: X. Usage: `show X [--all]`."),
        ("show 7 8", "show does not take '8'. Usage: `show X [--all]`."),
        ("identify 99", "descriptor 99 was not open. `io list` shows those that were."),
        ("0xdead", "no object is at 0xdead. `io list` shows"),
        ("#99999", "there is no object #99999. Indices go from #0 to #"),
        ("*Q", "no object is marked *Q. The last answer has no marks."),
        ("show 'x", "cannot read that line: no closing quotation. Quote a word whole"),
        ("\x1b[2J", "no command '\\x1b[2J'. `help` lists the commands."),
    ],
)
def test_a_command_that_is_wrong(tmp_path: Path, snapshot: Path, command: str, told: str):
    outcome = shell(snapshot, "-c", command, cwd=tmp_path)

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith(f"pyhandles: {told}")
    assert outcome.err.count("\n") == 1
