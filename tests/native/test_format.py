"""The numbers of the file, as the extension's headers have them, are those of `pyhandles.format`."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path

import pytest

from pyhandles import format as contract

NATIVE = Path(__file__).parents[2] / "pyhandles" / "dump" / "_native"
KINDS = {
    each.__name__: each for each in vars(contract).values() if isinstance(each, type) and issubclass(each, IntEnum)
}
FLAGS = {name: each for name, each in vars(contract).items() if name.endswith("Flag") and name != "IntFlag"}
PREFIXES = {
    "LabelKind": "LABEL",
    "ObjectFlag": "OBJECT",
    "RootKind": "ROOT",
    "FrameKind": "FRAME",
    "OwnerKind": "OWNER",
    "OwnerFlag": "OWNER",
    "TypeFlag": "TYPE",
    "SiteFlag": "SITE",
    "EventFlag": "EVENT",
    "CounterFlag": "COUNTER",
    "MisuseKind": "MISUSE",
    "WaitState": "WAIT",
    "AccessFlag": "ACCESS",
}


def enums() -> dict[str, dict[str, int]]:
    """The enums of the headers that have to do with the file, by their names in Python."""
    found = {}
    for header in ("format.h", "recorder/misuse.h"):
        for name, body in re.findall(r"enum (\w+) \{([^}]*)\};", (NATIVE / header).read_text()):
            members = {word: int(number) for word, number in re.findall(r"(\w+) = (\d+)", body)}
            found["".join(part.title() for part in name.split("_"))] = members
    return found


def test_every_enum_of_the_contract_is_compared() -> None:
    assert PREFIXES.keys() == (KINDS | FLAGS).keys() - {"IntEnum"}


@pytest.mark.parametrize("name", PREFIXES)
def test_an_enum(name: str) -> None:
    members = {f"{PREFIXES[name]}_{member.name}": member.value for member in getattr(contract, name)}

    assert enums()[name] == members


@pytest.mark.parametrize(
    ("header", "word", "value"),
    [
        ("format.h", "FORMAT_VERSION", contract.VERSION),
        ("format.h", "LABEL_KIND_SHIFT", contract.LABEL_KIND_SHIFT),
        ("recorder/stacks.h", "DEEPEST_STACK", contract.DEEPEST_STACK),
    ],
)
def test_a_number(header: str, word: str, value: int) -> None:
    [text] = re.findall(rf"#define {word} (\d+)$", (NATIVE / header).read_text(), re.MULTILINE)

    assert int(text) == value


def test_threads() -> None:
    assert enums()["ThreadFlag"] == {
        "THREAD_MAIN": contract.THREAD_MAIN,
        "THREAD_CAPTURING": contract.THREAD_CAPTURING,
    }
