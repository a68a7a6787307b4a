"""Names that would act upon a terminal, in every place that a snapshot picks names up from."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

import pyhandles
from pyhandles.errors import PyhandlesError
from pyhandles.format import LabelKind
from pyhandles.render.terminal import Terminal
from pyhandles.shell.answering import answer_lines, ask, failure_line, told_error
from pyhandles.shell.session import FORMATS, Session
from pyhandles.snapshot import Snapshot

ROOT = Path(__file__).parents[2]

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\x85\r\n\x7f\u202eevil\u2066\u200b\u2028\u061c\U000e0041"

PLANTS = """
import asyncio, contextvars, os, socket, sys, threading, types
import pyhandles

evil = sys.argv[1]

class Holder:
    pass

def named(name):
    holder = type(name, (Holder,), {"__module__": name})()
    holder.sock = socket.socket()
    return holder

kept = [Holder(), named("Type" + evil), named(evil)]
pyhandles.install(sys.argv[2], on=(), quiet=True, census=True, keys=sys.argv[3])
os.mkdir("cwd" + evil); os.chdir("cwd" + evil)
kept.append(named("Type" + evil))
setattr(kept[0], "attribute" + evil, open("file" + evil, "w"))
keys = {"key" + evil: socket.socket(), ("key" + evil,): socket.socket()}
unix = socket.socket(socket.AF_UNIX); unix.bind("unix" + evil); unix.listen()
client = socket.socket(socket.AF_UNIX); client.connect("unix" + evil)
abstract = socket.socket(socket.AF_UNIX); abstract.bind("\\0" + evil)
memory = os.fdopen(os.memfd_create("memory" + evil[:40]))
module = types.ModuleType("module" + evil); module.__file__ = evil; sys.modules["module" + evil] = module
setattr(module, "global" + evil, socket.socket()); module.plain = socket.socket()
def leak(sock):
    yield sock
code = leak.__code__.replace(co_name="code" + evil, co_qualname="code" + evil, co_filename="code" + evil,
                             co_varnames=("local" + evil,))
function = types.FunctionType(code, globals())
function.__qualname__ = "function" + evil; function.__module__ = evil
generator = function(socket.socket()); next(generator)
def closing(sock):
    return lambda: sock
made = closing(socket.socket()); made.__qualname__ = "closure" + evil; made.__module__ = evil
context = contextvars.ContextVar("context" + evil); context.set(socket.socket())
error = ValueError("message" + evil); error.sock = socket.socket()
ready, done = threading.Event(), threading.Event()
def wait(sock):
    ready.set(); done.wait()
wait.__code__ = wait.__code__.replace(co_name="frame" + evil, co_qualname="frame" + evil, co_filename="frame" + evil)
thread = threading.Thread(target=wait, args=(socket.socket(),), name="thread" + evil, daemon=True)
thread.start(); ready.wait()
pyhandles.capture(reason="reason\\x1b[2J")
done.set(); thread.join()
"""


@pytest.fixture(scope="module", params=["all", "names"])
def snapshot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("escapes")
    command = [sys.executable, "-c", PLANTS, EVIL, folder / "it.pkl", request.param]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "it.pkl"


def acts(text: str) -> set[str]:
    """The characters of a text that a terminal would act upon, or that are not seen as what they are."""
    return {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


def told(snapshot: Snapshot) -> set[str]:
    """Where the snapshot has an evil name, by the word before it."""
    texts = (snapshot.strings.get(index) or "" for index in range(len(snapshot.strings)))
    return {match[1] for text in texts for match in re.finditer(r"(\w+)\x1b\[2J", text)}


def questions(snapshot: Snapshot) -> list[str]:
    """Each command, on each thing that an evil name could be told of."""
    numbers = [str(descriptor.fd) for descriptor in snapshot.descriptors]
    evil = {row for row in range(len(snapshot.strings)) if EVIL[:4] in (snapshot.strings.get(row) or "")}
    objects: set[int] = {owner.object for owner in snapshot.owners}
    for table in ("types", "modules", "functions", "codes", "exceptions"):
        for row in getattr(snapshot, "type_records" if table == "types" else table):
            if any(isinstance(value, str) and EVIL[:4] in value for value in row):
                objects.add(row.object)
    objects |= {frame.object for frame in snapshot.frames}
    named = {LabelKind.ATTRIBUTE, LabelKind.VALUE_NAME, LabelKind.GLOBAL, LabelKind.LOCAL, LabelKind.KEY_NAME}
    for index in range(snapshot.n_objects):
        for row in snapshot.rows_of(index):
            packed = int(snapshot.labels[row])
            if packed >> 27 in named and packed & 0x3FFFFFF in evil:
                objects |= {index, int(snapshot.targets[row])}
    commands = ["summary", "io list", "help"]
    for name in (*numbers, *(f"#{index}" for index in sorted(objects))):
        commands += [name, f"identify {name}", f"identify {name} --raw", f"show {name}"]
    return commands


def test_the_names_are_in_the_snapshot(snapshot: Path):
    opened = Snapshot.open(snapshot)
    places = told(opened)

    assert places >= {
        *("Type", "file", "unix", "memory", "module", "cwd"),
        *("code", "function", "closure", "local", "context", "message", "thread", "frame"),
    }
    # An attribute that is no name in any source is a key like others.
    keys = {"key", "attribute", "global"}
    assert places & keys == (keys if opened.header.options["keys"] == "all" else set())
    assert EVIL in opened.header.process["argv"]
    assert "\x1b" in opened.header.trigger


@pytest.mark.parametrize("form", FORMATS)
def test_no_answer_has_a_character_that_acts(snapshot: Path, form: str):
    session = Session(Snapshot.open(snapshot), "x", form)
    spelt = 0
    for command in questions(session.snapshot):
        for terminal in (Terminal(None, colour=False, unicode=True), Terminal(40, colour=True, unicode=True)):
            try:
                lines = answer_lines(session, command, ask(session, command), terminal)
            except PyhandlesError as error:
                failed = failure_line(session, command, error)
                lines = told_error(error, terminal) if failed is None else [failed]
            text = "".join(lines)
            if terminal.colour:
                text = re.sub(r"\x1b\[[\d;]*m", "", text)  # colours are our own
            assert not acts(text), (command, acts(text))
            spelt += text.count("x1b") + text.count("u001b")
            if form == "json":
                json.loads(lines[0])
    assert spelt > 100


def test_loading_a_snapshot_says_its_name_as_it_is(tmp_path: Path):
    """From Python, an error's text is data; whoever prints it knows where."""
    (tmp_path / "\x1b.pkl").write_bytes(b"")
    with pytest.raises(PyhandlesError, match="\x1b"):
        pyhandles.load(tmp_path / "\x1b.pkl")


def test_nor_does_what_a_capture_prints(tmp_path: Path):
    name = tmp_path / "a\x1b[2J\n.pkl"
    program = "import sys, pyhandles; kept = [open(sys.argv[1] + str(i), 'w') for i in range(9)]"
    command = [sys.executable, "-m", "pyhandles.dump", "-o", name, "--", "-c", program, name]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0
    assert name.exists()
    assert done.stderr.count("\n") == 2
    assert not acts(done.stderr.replace("\n", ""))
