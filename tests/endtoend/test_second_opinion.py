"""guppy3 knows the heap by code of its own: what it calls a reference, and how large it takes an object to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyhandles.format import LabelKind
from tests.endtoend.service import service
from tests.native.plain import Reference

pytest.importorskip("guppy", reason="guppy3 does not build on this Python")

PROGRAM = """
import collections, json, sys
import pyhandles
from guppy.heapy import heapyc
from guppy.sets import setsc

class Plain:
    pass

class Slotted:
    __slots__ = ("slot",)

target = ["the target"]
plain, slotted = Plain(), Slotted()
plain.attribute = slotted.slot = target

def closure():
    return target_of_closure

target_of_closure = target
sources = [plain, slotted, [0, target], (target,), {"key": target}, {3: target}, target.append, [target, target],
           {"a": 1, "b": target}, collections.OrderedDict(c=target), closure, sys.modules]
targets = [target, Plain, closure.__code__, globals(), sys]

# First, for guppy3 may give an instance a dict that it had not.
pyhandles.capture("snapshot.pkl")
view = heapyc.HeapView(heapyc.RootState, (setsc._NyHeapDefs_,))
ATTRIBUTE, ITEM = 1, 2
told = []
for source in sources:
    relations = [(id(target), view.relate(source, target)) for target in targets]
    names = [(address, kind, list(all_[kind])) for address, all_ in relations for kind in (ATTRIBUTE, ITEM)]
    told.append((id(source), view.indisize_sum([source]), names))
print(json.dumps(told))
"""

ATTRIBUTES = {LabelKind.ATTRIBUTE, LabelKind.SLOT, LabelKind.MEMBER}


def is_named(reference: Reference, attribute: bool, name: str | int) -> bool:
    if attribute:
        return reference.kind in ATTRIBUTES and reference.value == name
    if reference.kind == LabelKind.VALUE_INT:
        return reference.value == 2 * int(name)  # as the format has those that are not below zero
    return reference.kind in {LabelKind.ITEM, LabelKind.VALUE_NAME} and reference.value == name


def test_the_names_of_references_and_the_sizes_are_those_of_guppy(tmp_path: Path):
    outcome = service(tmp_path, PROGRAM)
    assert outcome.status == 0, outcome.err
    snapshot = outcome.plain()

    compared = 0
    for source, size, relations in json.loads(outcome.out):
        references = snapshot.references(source)
        if snapshot.type_name(source) in {"builtins.list", "builtins.tuple", "builtins.function"}:
            assert snapshot.fact(source, "size") == size
        for target, kind, names in relations:
            for name in names:
                assert any(each.target == target and is_named(each, kind == 1, name) for each in references), (
                    snapshot.type_name(source),
                    name,
                )
                compared += 1
    assert compared >= 14
