"""The file as a stranger reads it: the standard library, no pyhandles, and the documented dict."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyhandles.format import MAGIC, TABLES, VERSION
from tests.collectors import WRITER
from tests.endtoend.service import dumped, python

STRANGER = """
import json, pickle, sys, zlib

class Strict(pickle.Unpickler):
    def find_class(self, module, name):
        raise AssertionError(f"{module}.{name}")

with open(sys.argv[1], "rb") as file:
    document = Strict(file).load()
    assert not file.read()
assert not any(name.startswith("pyhandles") for name in sys.modules)
shape = {}
for name, table in document.pop("tables").items():
    shape[name] = {}
    for column, stored in table["columns"].items():
        assert set(stored) == {"type", "pad", "data", "crc32"}
        assert len(stored["data"]) == table["rows"] * int(stored["type"][2:])
        assert zlib.crc32(stored["data"]) == stored["crc32"]
        shape[name][column] = stored["type"]
print(json.dumps([document, shape]))
"""


def test_pickle_load_gives_the_documented_dict(tmp_path: Path):
    captured = dumped(tmp_path, "--limit", "99", "--", "-c", "import sys; sys.argv.append('x')", "a")
    told = python("-I", "-c", STRANGER, captured.snapshot(), cwd=tmp_path)
    assert told.status == 0, told
    document, shape = json.loads(told.out)
    assert shape == TABLES
    assert (document["format"], document["version"], document["writer"]) == (MAGIC, VERSION, WRITER)
    assert set(document) == {
        *("format", "version", "writer", "pyhandles", "time", "trigger", "errno"),
        *("process", "python", "limits", "gc", "options", "capture", "recorder", "kernel", "failed_call", "crc32"),
    }
    assert (document["trigger"], document["errno"]) == ("exit", None)
    assert document["process"]["argv"] == ["-c", "a", "x"]
    assert document["process"]["cwd"] == str(tmp_path)
    assert document["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert document["limits"]["soft"] == 99
    assert document["limits"]["met"] is None
    assert document["gc"]["enabled"] is True
    assert document["options"] == {"keys": "names", "redact": False}
    assert document["capture"]["mode"] == "fork"
    assert document["recorder"] is None


def test_redact_leaves_out_arguments_keys_and_messages(tmp_path: Path):
    program = "kept = {'password_of_bob': 1}; error = ValueError('bob is wrong')"
    for words, there in (([], True), (["--redact"], False)):
        outcome = dumped(tmp_path, *words, "-o", "it{pid}.pkl", "--", "-c", program, "argument_of_bob")
        content = outcome.snapshot("it*.pkl").read_bytes()
        outcome.snapshot("it*.pkl").unlink()
        assert [text in content for text in (b"password_of_bob", b"bob is wrong", b"argument_of_bob")] == 3 * [there]
