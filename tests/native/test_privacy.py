"""What a snapshot does not tell."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pyhandles.format import NOTHING, LabelKind
from tests.native.complaints import complaints
from tests.native.plain import Plain

Capture = Callable[[], Plain]

HOLDS_SECRETS = """
import os, socket, sys, types
import pyhandles

class Holder:
    pass

options = {options}
pyhandles.install(sys.argv[1], on=(), quiet=True, **options)
folder = os.path.join(os.getcwd(), "customers-of-acme")
os.makedirs(folder, exist_ok=True)
first = open(os.path.join(folder, "salaries.txt"), "w")
second = open(os.path.join(folder, "bonuses.txt"), "w")
second.write("contents-of-a-file" * 10); second.flush()
gone = open(os.path.join(folder, "gone.txt"), "w"); os.unlink(gone.name)
memory = os.memfd_create("memfd-of-acme")
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
unix = socket.socket(socket.AF_UNIX); unix.bind(os.path.join(folder, "wire.sock"))
abstract = socket.socket(socket.AF_UNIX); abstract.bind("\\0name-of-acme")
data = {{"customer_of_acme": object(), "not a name": object(), 4711: object()}}
holder = Holder(); vars(holder)["alice@example.org"] = object()
space = types.SimpleNamespace(**{{"bob@example.org": object()}})
text, raw, number = "contents-of-a-text", b"contents-of-bytes", 123456789123
profile_id = 815815
error = ValueError("message-of-an-exception")
missing = None
try:
    open(os.path.join(folder, "not-there.txt"))
except OSError as caught:
    missing = caught
pyhandles.capture()
print(client.getpeername()[1])
"""


def holding_secrets(folder: Path, options: str) -> tuple[bytes, Plain, int]:
    """Capture a process that holds secrets. Returns: the file, the same read, and the port of the peer."""
    path = folder / "secrets.pkl"
    command = [sys.executable, "-c", HOLDS_SECRETS.format(options=options), str(path), "argument-of-acme"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    result = subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, complaints(result.stderr)) == (0, "")
    return path.read_bytes(), Plain(path), int(result.stdout)


def targets(snapshot: Plain, column: str = "link") -> list[str]:
    return [snapshot.text(row[column]) or "" for row in snapshot.rows("descriptors")]


def details(snapshot: Plain, call: str) -> list[str]:
    """What the recorded calls of this name were about."""
    return [
        snapshot.text(row["detail"]) or ""
        for row in snapshot.rows("events")
        if snapshot.text(row["call"]) == call and row["detail"] != NOTHING
    ]


@pytest.mark.parametrize("options", ["{'record': True}", "{'keys': 'all'}", "{'keys': 'none'}", "{'redact': True}"])
def test_no_contents_of_texts_bytes_numbers_or_files(tmp_path: Path, options: str) -> None:
    content, snapshot, _ = holding_secrets(tmp_path, options)

    for secret in (b"contents-of-a-text", b"contents-of-bytes", b"contents-of-a-file"):
        assert secret not in content
    opened = {row["fd"] for row in snapshot.rows("descriptors")}
    assert {row["value"] for row in snapshot.rows("numbers")} <= opened


def test_attributes_that_are_no_names_are_data(tmp_path: Path) -> None:
    content, _, _ = holding_secrets(tmp_path, "{}")

    assert b"alice@example.org" not in content
    assert b"bob@example.org" not in content


def test_keys_that_look_like_names_are_told(tmp_path: Path) -> None:
    content, snapshot, _ = holding_secrets(tmp_path, "{'keys': 'names'}")

    assert "customer_of_acme" in snapshot.strings
    assert b"not a name" not in content


def test_no_keys(tmp_path: Path) -> None:
    content, _, _ = holding_secrets(tmp_path, "{'keys': 'none'}")

    assert b"customer_of_acme" not in content
    assert b"not a name" not in content


def test_all_keys(tmp_path: Path) -> None:
    _, snapshot, _ = holding_secrets(tmp_path, "{'keys': 'all'}")

    assert {"customer_of_acme", "not a name", "alice@example.org"} <= set(snapshot.strings)


@pytest.mark.parametrize("options", ["{'redact': True}", "{'redact': True, 'record': True}"])
def test_redacted(tmp_path: Path, options: str) -> None:
    content, snapshot, port = holding_secrets(tmp_path, options)

    for secret in (
        *(b"customers-of-acme", b"salaries", b"bonuses", b"gone.txt", b"not-there", b"wire.sock"),
        *(b"argument-of-acme", b"customer_of_acme", b"not a name", b"message-of-an-exception", b"name-of-acme"),
        *(b"memfd-of-acme", os.fsencode(tmp_path.name), b"127.0.0.1"),
    ):
        assert secret not in content, secret
    assert snapshot.header["process"]["argv"] == []
    assert re.fullmatch(r"(/~[0-9a-f]{8})+", snapshot.header["process"]["cwd"])
    assert any(re.fullmatch(rf"~[0-9a-f]{{8}}:{port}", peer) for peer in targets(snapshot, "peer"))
    assert any(re.fullmatch(r"@~[0-9a-f]{8}", local) for local in targets(snapshot, "local"))


def test_a_recording_tells_names_and_addresses(tmp_path: Path) -> None:
    content, snapshot, port = holding_secrets(tmp_path, "{'record': True}")

    for name in (b"salaries.txt", b"not-there.txt", b"wire.sock", b"@name-of-acme", b"127.0.0.1:0"):
        assert name in content, name
    assert f"127.0.0.1:{port}" in details(snapshot, "connect")


def test_a_redacted_recording_still_tells_what_is_the_same(tmp_path: Path) -> None:
    _, snapshot, port = holding_secrets(tmp_path, "{'redact': True, 'record': True}")

    [peer] = details(snapshot, "connect")
    assert re.fullmatch(rf"~[0-9a-f]{{8}}:{port}", peer)
    assert peer in targets(snapshot, "peer")
    [listening, named, abstract] = details(snapshot, "bind")
    assert listening == peer.replace(str(port), "0")
    assert any(local.startswith(named.rpartition("/")[0] + "/") for local in targets(snapshot, "local"))
    assert abstract in targets(snapshot, "local")
    ends = tuple(each.removeprefix("…") for each in details(snapshot, "open"))
    assert len([link for link in targets(snapshot) if link.endswith(ends)]) >= 2


def test_redacted_descriptors_still_tell_what_they_are(tmp_path: Path) -> None:
    _, snapshot, _ = holding_secrets(tmp_path, "{'redact': True}")

    links = targets(snapshot)
    assert any(re.fullmatch(r"/memfd:~[0-9a-f]{8} \(deleted\)", link) for link in links)
    assert any(re.fullmatch(r"socket:\[\d+\]", link) for link in links)
    assert "/dev/null" in links or any(link.startswith("pipe:[") for link in links)


def test_redacted_files_of_one_directory_stay_together(tmp_path: Path) -> None:
    _, snapshot, _ = holding_secrets(tmp_path, "{'redact': True}")

    inside = [link for link in targets(snapshot) if link.startswith(snapshot.header["process"]["cwd"] + "/")]
    assert len({link.rpartition("/")[0] for link in inside}) == 1
    assert len(set(inside)) == 3  # two that stand, and one that is deleted
    assert sum(link.endswith(" (deleted)") for link in inside) == 1


def test_hashes_of_two_snapshots_differ(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = holding_secrets(tmp_path / "first", "{'redact': True}")[1].header["process"]["cwd"]
    second = holding_secrets(tmp_path / "second", "{'redact': True}")[1].header["process"]["cwd"]

    assert first.split("/")[1] != second.split("/")[1]  # the same first part of both paths


def test_an_attribute_of_any_alphabet_is_a_name(captured: Capture) -> None:
    holder: Any = SimpleNamespace()
    holder.größe = target = object()

    labels = {
        (each.kind, each.value)
        for source in (id(holder), id(vars(holder)))
        for each in captured().references(source)
        if each.target == id(target)
    }

    assert labels == {(LabelKind.ATTRIBUTE, "größe")}


WITHOUT_RANDOMNESS = """
import ctypes, os, struct, sys
import pyhandles

def refuse(number):
    \"\"\"From here on the kernel answers EPERM to this system call.\"\"\"
    instructions = struct.pack("HBBI", 0x20, 0, 0, 0) + struct.pack("HBBI", 0x15, 0, 1, number)
    instructions += struct.pack("HBBI", 0x06, 0, 0, 0x00050001) + struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
    buffer = ctypes.create_string_buffer(instructions)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 4, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0, ctypes.get_errno()

data = {"not a name": object()}
refuse(318 if os.uname().machine == "x86_64" else 278)
pyhandles.capture(sys.argv[1])
print(id(data))
"""


def test_where_the_kernel_gives_no_random_key_nothing_is_hashed(tmp_path: Path) -> None:
    path = tmp_path / "unhashed.pkl"
    command = [sys.executable, "-c", WITHOUT_RANDOMNESS, str(path)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr

    [reference] = Plain(path).references(int(result.stdout))

    assert (reference.kind, reference.value) == (LabelKind.VALUE_TYPE, "str")


def test_file_names_that_are_no_utf_8_are_read_by_pickle(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/a\xff\xc3\xa9\xed\xa0\x80\xf5\xe2\x82"
    os.mkdir(name)
    script = (
        "import os, sys, pyhandles\n"
        "os.chdir(os.fsencode(sys.argv[2]))\n"
        "file = open(b'x', 'w')\n"
        "pyhandles.capture(sys.argv[1])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "odd.pkl"), name]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(command, env=environment, check=True, timeout=60)

    with open(tmp_path / "odd.pkl", "rb") as file:
        assert os.fsencode(pickle.load(file)["process"]["cwd"]) == name
    assert os.fsdecode(name + b"/x") in targets(Plain(tmp_path / "odd.pkl"))
