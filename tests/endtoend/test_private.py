"""Secrets in every place that a snapshot could pick one up from, and what of them is in the file.

README.md says what a snapshot holds, and `--keys` and `--redact` change it. Each secret here is planted where it is
meant to be found or not, and the bytes of the file are searched for it: what may be there is, so that the search is
known to look rightly; what may not be is not, in whatever coding.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.collectors import PORTABLE
from tests.endtoend.service import dumped, script

PROGRAM = '''
"""docstring_of_a_module"""
import contextlib, contextvars, dataclasses, functools, mmap, os, socket, sys, tempfile, threading, types, warnings

class Holder:
    """docstring_of_a_class"""

@dataclasses.dataclass
class Account:
    owner: str = "value_of_a_default"

@dataclasses.dataclass
class Message:
    text: str

def called(**options):
    return lambda: options

folder = os.path.join(os.getcwd(), "customers_in_a_path")
os.makedirs(folder)
kept = []

# contents of values
kept += ["contents of a text", "contents_of_a_text", b"contents of bytes", bytearray(b"contents_of_a_bytearray")]
kept += ["contents in ünicode \\u20ac", memoryview(b"contents_of_a_view"), bytes(range(7)) + b"contents_of_raw"]
kept += [0x5EC2E7_0123456789, -0x5EC2E7_0123456789, 0x5EC2E7_0123456789 * 2**80, 5.0625e-123, complex(1, 5.0625e-123)]
kept += [Account("value_of_a_field"), Message("value in a message"), {"in_a_set_of_texts"}, ("in_a_tuple",)]
kept += [functools.partial(print, "argument_of_a_partial"), (lambda: (yield "x"))()]
cell = "contents_of_a_cell"
kept += [lambda: cell]
kept += [called(option="value_of_an_option")]
mapped = mmap.mmap(-1, 4096); mapped.write(b"contents_of_a_map")
fd_number = fd = 0x5EC2E701
variable = contextvars.ContextVar("name_of_a_context_variable"); variable.set("value_of_a_context_variable")
local = threading.local(); local.field = "value_of_a_thread_local"
os.environ["NAME_IN_THE_ENVIRONMENT"] = "value_in_the_environment"

# keys
kept += [{"key_like_a_name": 1, "key unlike a name": 2, b"key_of_bytes": 3, ("key_in_a_tuple",): 6}]
kept += [{"k" * 41 + "_long_key": 1}, types.MappingProxyType({"key_in_a_proxy": 1})]
holder = Holder(); vars(holder)["attribute unlike a name"] = 1
setattr(holder, "attribute_like_a_name", 1)
globals()["global unlike a name"] = 1
kept += [called(option_like_a_name=1)]

# names of what the program made
class_named = type("TypeNamedByTheProgram", (), {}); kept.append(class_named())
module = types.ModuleType("module_named_by_the_program"); sys.modules["module_named_by_the_program"] = module
exec(compile("def made(): return 1", "file_of_code_named_by_the_program", "exec"))
sys.modules["key_of_sys_modules"] = holder
thread_may_end = threading.Event()
thread = threading.Thread(target=thread_may_end.wait, name="name_of_a_thread", daemon=True); thread.start()

# exceptions
error = ValueError("message of an exception", "second argument of an exception"); error.add_note("note of an exception")
kept += [KeyError("key_of_a_key_error"), error]
try:
    open(os.path.join(folder, "file_that_is_missing"))
except OSError as missing:
    kept.append(missing)
try:
    int("text_that_is_no_number")
except ValueError as wrong:
    kept.append(wrong)

# descriptors
file = open(os.path.join(folder, "name_of_a_file"), "w"); file.write("contents_of_a_file"); file.flush()
buffered = open(os.path.join(folder, "other"), "w"); buffered.write("contents_of_a_buffer")
gone = open(os.path.join(folder, "name_of_a_deleted_file"), "w"); os.unlink(gone.name)
directory = os.open(folder, os.O_RDONLY)
memory = os.memfd_create("name_of_a_memfd")
unix = socket.socket(socket.AF_UNIX); unix.bind("name_of_a_unix_socket"); unix.listen()
unix_client = socket.socket(socket.AF_UNIX); unix_client.connect("name_of_a_unix_socket")
abstract = socket.socket(socket.AF_UNIX); abstract.bind(f"\\0name_of_an_abstract_socket {os.getpid()}")
peer = socket.create_server(("127.77.66.55", 0)); client = socket.create_connection(peer.getsockname())
pipe = os.pipe(); os.write(pipe[1], b"contents_of_a_pipe")
sent = socket.socketpair(); sent[0].send(b"contents_of_a_wire")

# other processes
may_end, started = os.pipe(), os.pipe()
warnings.simplefilter("ignore", DeprecationWarning)  # of a fork where there is another thread
if os.fork() == 0:
    theirs = socket.create_server(("127.99.88.77", 0)); theirs.set_inheritable(True)
    theirs_too = socket.socket(socket.AF_UNIX); theirs_too.bind("name_of_a_childs_socket"); theirs_too.listen()
    theirs_too.set_inheritable(True)
    os.dup2(may_end[0], 0); os.dup2(started[1], 1)
    code = "import os, sys; os.write(1, b'x'); sys.stdin.read()"
    os.execve(sys.executable, ["python", "-c", code, "argument_of_a_child"], {"IN_THE_ENVIRONMENT_OF_A_CHILD": "1"})
os.read(started[0], 1)
for each in (may_end[0], *started): os.close(each)
{end}
'''

ENDS = {
    "exit": "",
    "emfile": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
    "with contextlib.suppress(OSError):\n    while True: kept.append(os.open('/dev/null', os.O_RDONLY))",
}

NUMBER = 0x5EC2E7_0123456789

NEVER = [
    *("contents of a text", "contents_of_a_text", "contents of bytes", "contents_of_a_bytearray"),
    "contents in ünicode €",
    *("contents_of_a_view", "contents_of_raw", "value_of_a_field", "value in a message", "in_a_set_of_texts"),
    *("in_a_tuple", "argument_of_a_partial", "contents_of_a_cell", "value_of_an_option", "contents_of_a_map"),
    *("value_of_a_context_variable", "value_of_a_thread_local", "value_in_the_environment", "NAME_IN_THE_ENVIRONMENT"),
    *("second argument of an exception", "note of an exception", "value_of_a_default", "docstring_of_a_module"),
    *("docstring_of_a_class", "contents_of_a_file", "contents_of_a_buffer", "contents_of_a_pipe", "contents_of_a_wire"),
    "IN_THE_ENVIRONMENT_OF_A_CHILD",
]
"""Contents, whatever is asked for."""

NEVER_BYTES = [
    *(struct.pack("<q", NUMBER), struct.pack("<q", -NUMBER), struct.pack(">q", NUMBER), struct.pack("<d", 5.0625e-123)),
    *(str(NUMBER).encode(), (NUMBER * 2**80).to_bytes(20, "little")[10:], struct.pack("<I", 0x5EC2E701)),
]

ALWAYS = [
    *("attribute_like_a_name", "TypeNamedByTheProgram", "module_named_by_the_program", "name_of_a_context_variable"),
    *("file_of_code_named_by_the_program", "key_of_sys_modules", "name_of_a_thread"),
    *("kept", "thread_may_end", "Account", "app.py"),
]
"""Names in the source, and what the program names its own parts with."""

KEYS_LIKE_NAMES = ["key_like_a_name", "key_in_a_proxy", "option_like_a_name"]
OTHER_KEYS = ["key unlike a name", "_long_key", "attribute unlike a name", "global unlike a name"]
NO_KEYS = ["key_of_bytes", "key_in_a_tuple"]
"""Keys that are no texts are not told in clear, not even with ``--keys all``."""

REDACTED = [
    *("argument_of_the_program", "message of an exception", "key_of_a_key_error", "file_that_is_missing"),
    *("text_that_is_no_number", "customers_in_a_path", "name_of_a_file", "name_of_a_deleted_file", "name_of_a_memfd"),
    *("name_of_a_unix_socket", "name_of_an_abstract_socket", "127.77.66.55", "directory_of_the_program"),
]
ABOUT_OTHERS = ["argument_of_a_child", "127.99.88.77", "name_of_a_childs_socket"]
"""In the file, unless ``--redact`` leaves it out or hashes it. Of other processes only the native collector tells."""


def codings(secret: str) -> list[bytes]:
    return [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be"), secret.encode("utf-32-le")]


def found(content: bytes, secrets: list[str]) -> set[str]:
    return {secret for secret in secrets if any(coded in content for coded in codings(secret))}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("redact", [False, True])
@pytest.mark.parametrize("keys", ["all", "names", "none"])
def test_what_is_in_the_file_and_what_is_not(tmp_path: Path, keys: str, redact: bool, end: str):
    where = tmp_path / "directory_of_the_program"
    where.mkdir()
    # The program's own name and place are those of its code, which is told; it works elsewhere.
    program = script(tmp_path, PROGRAM.replace("{end}", ENDS[end]))
    words = ["-o", "it.pkl", "--keys", keys, *(["--redact"] if redact else []), "--quiet"]
    outcome = dumped(where, *words, "--on", end, "--", program, "argument_of_the_program")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    content = outcome.snapshot().read_bytes()

    assert not found(content, NEVER)
    assert not [secret for secret in NEVER_BYTES if secret in content]
    assert not found(content, NO_KEYS)
    assert found(content, ALWAYS) == set(ALWAYS)
    told = set() if redact or keys == "none" else set(KEYS_LIKE_NAMES)
    assert found(content, KEYS_LIKE_NAMES) == told
    assert found(content, OTHER_KEYS) == (set(OTHER_KEYS) if keys == "all" and not redact else set())
    assert found(content, REDACTED) == (set() if redact else set(REDACTED))
    assert found(content, ABOUT_OTHERS) == (set() if redact or PORTABLE else set(ABOUT_OTHERS))
