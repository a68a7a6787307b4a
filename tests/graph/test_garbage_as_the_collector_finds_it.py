"""A real heap, captured by the native collector: garbage is exactly what `gc.collect()` then finds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pyhandles.format import ObjectFlag
from pyhandles.graph.roots import Roots
from pyhandles.snapshot import Snapshot

pytest.importorskip("pyhandles.dump._native", reason="the extension is not built")

# Nothing here has a finaliser: finalisers run before the collector tells what it found.
PROGRAM = """
import collections, functools, gc, json, random, sys, weakref
import pyhandles

class Instance: pass
class Slotted: __slots__ = ("a", "b", "__weakref__")

def closure():
    def function(): return instance
    instance = Instance()
    instance.function = function
    return instance

def failed():
    instance = Instance()
    try:
        raise ValueError(Instance())
    except ValueError as error:
        instance.error, instance.traceback = error, error.__traceback__
    return instance

def bound():
    instance = Instance()
    instance.method = instance.__init__
    instance.partial = functools.partial(print, instance)
    instance.weak = weakref.ref(instance)
    instance.deque = collections.deque([instance])
    return instance

def local_class():
    class Local: pass
    return Local()

MAKERS = [Instance, list, dict, Slotted, closure, failed, bound, local_class]

def refer(source, target):
    if isinstance(source, Instance): setattr(source, random.choice("abcdefghijklmnopqrstuvwxyz"), target)
    elif isinstance(source, list): source.append(target)
    elif isinstance(source, dict): source[len(source)] = target
    elif isinstance(source, Slotted): setattr(source, random.choice("ab"), target)

def build():
    objects = [random.choice(MAKERS)() for _ in range(200)]
    for _ in range(300):
        refer(random.choice(objects), random.choice(objects))
    return objects

gc.collect()
gc.disable()
random.seed(int(sys.argv[2]))
kept = build()[:20]
build()
build()
pyhandles.capture(sys.argv[1])
gc.set_debug(gc.DEBUG_SAVEALL)
gc.collect()
json.dump(sorted(map(id, gc.garbage)), sys.stdout)
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_garbage_is_what_the_collector_finds(tmp_path, seed):
    path = tmp_path / "heap.pkl"
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(seed)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    found_by_collector = json.loads(run.stdout)
    snapshot = Snapshot.open(path)
    is_garbage = ~snapshot.derive(Roots).reachable & ((snapshot.flags & ObjectFlag.TRACKED) != 0)

    assert len(found_by_collector) > 500
    assert sorted(snapshot.addresses[is_garbage].tolist()) == found_by_collector
