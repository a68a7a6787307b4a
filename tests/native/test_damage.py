"""Memory that an extension has damaged, or a type that cannot be traversed, costs one object and not the capture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pyhandles.format import LabelKind, ObjectFlag
from tests.native.extension import build
from tests.native.plain import Plain

PREAMBLE = """
import ctypes, gc, os, sys
import pyhandles
gc.disable()  # it would meet the damage before we do; so would, from 3.14 on, a tuple made of what is damaged

class Holder:
    pass

def damage(address, word):
    ctypes.c_size_t.from_address(address).value = word

def captured(*objects):
    told(*map(id, objects))

def told(*addresses):
    pyhandles.capture(sys.argv[1])
    print(*addresses)
    sys.stdout.flush()
    os._exit(0)  # the interpreter's own exit would meet the damage too

pyhandles.capture(sys.argv[1] + ".first")
"""


def run(tmp_path: Path, script: str) -> tuple[Plain, list[int]]:
    """Capture the process that a script damages. Returns: the snapshot, and the addresses that the script tells."""
    path = tmp_path / "damaged.pkl"
    command = [sys.executable, "-c", PREAMBLE + script, str(path)]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    snapshot = Plain(path)
    rows = snapshot.tables["objects"]["rows"]
    assert {len(snapshot.column("objects", name)) for name in snapshot.tables["objects"]["columns"]} == {rows}
    return snapshot, [int(word) for word in result.stdout.split()]


def damaged_by(tmp_path: Path, script: str) -> tuple[Plain, list[int]]:
    snapshot, addresses = run(tmp_path, script)
    assert snapshot.header["capture"]["unreadable"] == 1
    return snapshot, addresses


def is_unreadable(snapshot: Plain, address: int) -> bool:
    return bool(snapshot.fact(address, "flags") & ObjectFlag.UNREADABLE)


def test_an_object_whose_type_is_no_address(tmp_path: Path) -> None:
    snapshot, [victim, neighbour, held] = damaged_by(
        tmp_path,
        "victim, neighbour, held = Holder(), Holder(), Holder()\n"
        "neighbour.sock = held\n"
        "keep = [victim]\n"
        "addresses = id(victim), id(neighbour), id(held)\n"
        "damage(addresses[0] + 8, 0x10)\n"
        "told(*addresses)\n",
    )

    assert is_unreadable(snapshot, victim)
    assert not is_unreadable(snapshot, neighbour)
    [reference] = [each for each in snapshot.references(neighbour) if each.target == held]
    assert (reference.kind, reference.value) == (LabelKind.ATTRIBUTE, "sock")


def test_types_met_after_a_damaged_one_are_told_rightly(tmp_path: Path) -> None:
    snapshot, [last] = damaged_by(
        tmp_path,
        "victim = Holder()\nclass MadeLater: pass\nlast = MadeLater()\ndamage(id(victim) + 8, 0x10)\ncaptured(last)\n",
    )

    assert snapshot.type_name(last) == "__main__.MadeLater"


def test_an_item_of_a_list_that_points_nowhere(tmp_path: Path) -> None:
    snapshot, [items, good] = damaged_by(
        tmp_path,
        "good = Holder()\n"
        "items = [good, Holder(), good]\n"
        "damage(ctypes.c_size_t.from_address(id(items) + 24).value + 8, 0xDEAD000)\n"
        "captured(items, good)\n",
    )

    references = [(each.kind, each.value, each.target) for each in snapshot.references(items)]
    assert (LabelKind.ITEM, 0, good) in references
    assert (LabelKind.ITEM, 1, 0xDEAD000) in references
    assert (LabelKind.ITEM, 2, good) in references
    assert is_unreadable(snapshot, 0xDEAD000)


def test_a_key_of_a_dict_with_a_damaged_type(tmp_path: Path) -> None:
    snapshot, [mapping, held] = damaged_by(
        tmp_path,
        "key = 'made ' + str(os.getpid())\n"
        "held = Holder()\n"
        "mapping = {key: held}\n"
        "damage(id(key) + 8, 0x10)\n"
        "captured(mapping, held)\n",
    )

    assert [(each.kind, each.target) for each in snapshot.references(mapping)] == [(LabelKind.UNKNOWN, held)]


@pytest.fixture
def crashing(tmp_path: Path) -> Path:
    """The folder of an extension with a type whose tp_traverse crashes."""
    crash = "static int traverse(PyObject *self, visitproc visit, void *arg) { return *(volatile int *)8; }"
    return build(tmp_path, "crashing", crash)


def test_an_extension_whose_traverse_crashes(tmp_path: Path, crashing: Path) -> None:
    snapshot, [first, second, holder, held] = run(
        tmp_path,
        f"sys.path.insert(0, {str(crashing)!r})\n"
        "import crashing\n"
        "holder, held = Holder(), Holder()\n"
        "holder.crashing = [crashing.Odd() for _ in range(100)]\n"
        "holder.sock = held\n"
        "captured(holder.crashing[0], holder.crashing[99], holder, held)\n",
    )

    assert snapshot.header["capture"]["unreadable"] == 100
    assert is_unreadable(snapshot, first)
    assert is_unreadable(snapshot, second)
    assert snapshot.type_name(first) == "crashing.Odd"
    assert held in {each.target for each in snapshot.references(holder)}


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """The folder of an extension with a type whose tp_traverse never ends by itself."""
    loop = "static int traverse(PyObject *self, visitproc visit, void *arg) { for (;;) Py_VISIT(Py_None); }"
    return build(tmp_path, "endless", loop)


def test_an_extension_whose_traverse_does_not_end(tmp_path: Path, endless: Path) -> None:
    snapshot, [victim, held] = damaged_by(
        tmp_path,
        f"sys.path.insert(0, {str(endless)!r})\n"
        "import endless\n"
        "held = Holder()\n"
        "holder = [endless.Odd(), held]\n"
        "captured(holder[0], held)\n",
    )

    assert is_unreadable(snapshot, victim)
    assert snapshot.type_name(held) == "__main__.Holder"


FREE_OBJECTS = """
import _asyncio, asyncio

async def main():
    loop = asyncio.get_running_loop()
    iterators = [loop.create_future().__await__() for _ in range(5)]

asyncio.run(main())
"""


def test_objects_that_are_free_are_none(tmp_path: Path) -> None:
    """The _asyncio module of 3.12 tells the collector of its list of free ones."""
    snapshot, _ = run(tmp_path, f"{FREE_OBJECTS}\ntold()")

    types = {row["object"]: snapshot.text(row["qualname"]) for row in snapshot.rows("types")}
    assert "FutureIter" in types.values()
    assert "FutureIter" not in map(types.get, snapshot.column("objects", "type"))


@pytest.mark.skipif(sys.version_info[:2] != (3, 12), reason="only the _asyncio module of 3.12 has such a list")
def test_a_list_of_free_objects_that_has_become_a_ring(tmp_path: Path) -> None:
    """As whoever asks `gc.get_referents` for those of the module makes it."""
    snapshot, [module] = damaged_by(tmp_path, f"{FREE_OBJECTS}\ngc.get_referents(_asyncio)\ncaptured(_asyncio)")

    assert is_unreadable(snapshot, module)
