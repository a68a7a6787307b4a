"""Builds heaps from descriptions, captures each, and says what the collector then finds: ``python any_heap.py``.

A line of standard input is JSON: ``{"path", "objects": [kind, …], "references": [[source, target], …],
"holders": [[holder, object], …]}``. The line that answers it has the addresses of the ``garbage`` that
the collector found, of the objects that are ``held`` in any way but weakly, and of those that are held by native code,
``native``.
"""

from __future__ import annotations

import asyncio
import atexit
import collections
import contextlib
import contextvars
import ctypes
import functools
import gc
import itertools
import json
import operator
import sys
import threading
import types
import weakref
from xml.parsers import expat

import pyhandles

VARIABLE = contextvars.ContextVar("VARIABLE")
LOOP = asyncio.new_event_loop()
KEPT: list = []
LOCAL = threading.local()


class Instance:
    pass


class Slotted:
    __slots__ = ("__weakref__", "box")


class Mourned:
    """Has a finaliser, which the collector asks before it says what it found."""

    def __del__(self):
        pass


def generator(box):
    yield box


async def coroutine(box):
    await stop()
    return box


@types.coroutine
def stop():
    yield


async def asynchronous_generator(box):
    yield box


def failure(box):
    def fail(box):
        raise ValueError(len(box))

    try:
        fail(box)
    except ValueError as error:
        return error


def chained(box):
    made = failure(box)
    made.__context__ = made.__cause__ = failure(box)
    return made


def frame(box):
    kept = box  # noqa: F841
    return sys._getframe()


def closure(box):
    return lambda: box


def attribute(made, box):
    made.box = box
    return made


def started(made):
    next(made)
    return made


def waiting(made):
    made.send(None)
    return made


def iterating(made):
    with contextlib.suppress(StopIteration):
        waiting(made.asend(None))
    return made


def cached(box):
    function = functools.lru_cache(lambda: box)
    function()
    return function


def context(box):
    made = contextvars.Context()
    made.run(VARIABLE.set, box)
    return made


def parser(box):
    made = expat.ParserCreate()
    made.StartElementHandler = box.append
    return made


def future(box):
    made = LOOP.create_future()
    made.set_result(box)
    return made


def callback(box):
    return ctypes.CFUNCTYPE(None)(lambda: box)


def weak_values(box):
    made = weakref.WeakValueDictionary()
    made.box = box
    return made


# Each is made around a list, its box, into which go the objects that it refers to.
KINDS = {
    "instance": lambda box: attribute(Instance(), box),
    "slotted": lambda box: attribute(Slotted(), box),
    "mourned": lambda box: attribute(Mourned(), box),
    "list": lambda box: box,
    "tuple": lambda box: (box, 1),
    "dict": lambda box: {"box": box},
    "set": lambda box: {attribute(Instance(), box)},
    "deque": lambda box: collections.deque([box]),
    "ordered": lambda box: collections.OrderedDict(box=box),
    "default": lambda box: collections.defaultdict(list, box=box),
    "namespace": lambda box: types.SimpleNamespace(box=box),
    "closure": closure,
    "method": lambda box: attribute(Instance(), box).__init__,
    "builtin method": lambda box: box.append,
    "class": lambda box: type("Class", (), {"box": box}),
    "instance of its own class": lambda box: type("Class", (), {"box": box})(),
    "property": lambda box: property(closure(box)),
    "generator": lambda box: started(generator(box)),
    "generator not begun": generator,
    "generator expression": lambda box: started(x for x in [box, 1]),
    "coroutine": lambda box: waiting(coroutine(box)),
    "asynchronous generator": lambda box: iterating(asynchronous_generator(box)),
    "exception": failure,
    "chained exception": chained,
    "traceback": lambda box: failure(box).__traceback__,
    "frame": frame,
    "partial": lambda box: functools.partial(print, box),
    "cached": cached,
    "chain": lambda box: itertools.chain(box, box),
    "cycle": lambda box: itertools.cycle([box]),
    "tee": lambda box: itertools.tee([box, 1])[0],
    "zip": lambda box: zip([box], [box], strict=False),
    "map": lambda box: map(closure(box), [1]),
    "iterator": lambda box: iter([box, 1]),
    "itemgetter": lambda box: operator.methodcaller("m", box),
    "proxy": lambda box: types.MappingProxyType({"box": box}),
    "context": context,
    "parser": parser,
    "future": future,
    "callback": callback,
    "weak values": weak_values,
    "weak callback": lambda box: weakref.ref(Instance, box.append),
}


class Manager:
    def __init__(self, box):
        self.box = box

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


def hold_in_loop(box, ready, go):
    for _ in iter([box.pop(), 1]):
        ready.wait()
        go.wait()
        return


def hold_in_with(box, ready, go):
    with Manager(box.pop()):
        ready.wait()
        go.wait()


def hold_in_variable(box, ready, go):
    kept = box.pop()
    ready.wait()
    go.wait()
    del kept


def hold_in_call(box, ready, go):
    [box.pop(), ready.wait(), go.wait()]


def hold_in_thread_local(box, ready, go):
    LOCAL.kept = box.pop()
    ready.wait()
    go.wait()


def hold_in_context(box, ready, go):
    VARIABLE.set(box.pop())
    ready.wait()
    go.wait()


THREADS = {
    "for loop": hold_in_loop,
    "with": hold_in_with,
    "variable": hold_in_variable,
    "half-built list": hold_in_call,
    "thread local": hold_in_thread_local,
    "context variable": hold_in_context,
}
HOLDERS = ["global", "exit handler", "weak", "native", *THREADS]


class Heap:
    """One heap. What is left of it goes with `clear`."""

    def __init__(self, description):
        boxes = [[] for _ in description["objects"]]
        objects = [KINDS[kind](box) for kind, box in zip(description["objects"], boxes, strict=True)]
        for source, target in description["references"]:
            boxes[source].append(objects[target])
        self.held = [id(objects[number]) for holder, number in description["holders"] if holder != "weak"]
        self.native = []
        self.weak = []
        holders = collections.defaultdict(list)
        for holder, number in description["holders"]:
            holders[holder].append(objects[number])
        self.hold(holders)
        self.go = threading.Event()
        self.threads = []
        for name, function in THREADS.items():
            for made in holders.pop(name, []):
                self.start(function, [made])

    def hold(self, holders):
        KEPT.extend(holders["global"])
        for made in holders["exit handler"]:
            atexit.register(print, made)
        for made in holders["weak"]:
            with contextlib.suppress(TypeError):
                self.weak.append(weakref.ref(made))
        for made in holders["native"]:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(made))
            self.native.append(id(made))

    def start(self, function, box):
        ready = threading.Barrier(2)
        thread = threading.Thread(target=function, args=(box, ready, self.go), daemon=True)
        thread.start()
        ready.wait()
        self.threads.append(thread)

    def clear(self):
        self.go.set()
        for thread in self.threads:
            thread.join()
        KEPT.clear()
        atexit.unregister(print)
        for address in self.native:
            ctypes.pythonapi.Py_DecRef(ctypes.cast(address, ctypes.py_object))
        gc.set_debug(0)
        gc.garbage.clear()
        gc.collect()


TP_FINALIZE = 392
"""Where it is in ``PyTypeObject``, on 64 bits."""


@contextlib.contextmanager
def no_finalisers():
    """Suspended frames would be closed before the collector tells what it found, and what they hold would go."""
    empty = [generator([]), coroutine([]), asynchronous_generator([]), LOOP.create_future()]
    empty[1].close()
    slots = [ctypes.c_void_p.from_address(id(type(made)) + TP_FINALIZE) for made in empty]
    values = [slot.value for slot in slots]
    for slot in slots:
        slot.value = None
    yield
    for slot, value in zip(slots, values, strict=True):
        slot.value = value


def answer(description):
    gc.collect()
    heap = Heap(description)
    pyhandles.capture(description["path"])
    gc.set_debug(gc.DEBUG_SAVEALL)
    with no_finalisers():
        gc.collect()
    found = sorted(map(id, gc.garbage))
    heap.clear()
    return {"garbage": found, "held": heap.held, "native": heap.native}


if __name__ == "__main__":
    gc.disable()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
