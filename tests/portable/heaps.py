"""Builds a heap from a description, and captures it by both collectors: ``python heaps.py DIRECTORY < description``.

A description is a list of objects, each a kind and the numbers of those that it refers to.
"""

from __future__ import annotations

import asyncio
import collections
import functools
import gc
import json
import os
import select
import socket
import sys
import types
import weakref

from tests.portable.everything import wait_in_a_thread


class Node:
    """Attributes, kept by the instance itself where Python can."""


class Slotted:
    __slots__ = ("__dict__", "__weakref__", "first", "second")


class Dictless:
    __slots__ = ("first", "second", "third")


class Base:
    """Of the classes that are made."""


def closure(values):
    first, rest = (values or [None])[0], values

    def inner():
        return first, rest

    return inner


def generator(values):
    kept = values
    yield kept


async def coroutine(values):
    kept = values
    await asyncio.sleep(0)
    return kept


async def asynchronous(values):
    yield values


def failure(values):
    try:
        raise ValueError(values)  # noqa: TRY301
    except ValueError as error:
        return error


def waiting(values):
    made = coroutine(values)
    made.send(None)
    return made


def suspended(values):
    made = generator(values)
    next(made)
    return made


def with_attributes(made, values, *, names="attribute"):
    for number, value in enumerate(values):
        setattr(made, f"{names}_{number}", value)
    return made


def with_slots(made, values):
    for name, value in zip(("first", "second", "third"), values, strict=False):
        if hasattr(type(made), name):
            setattr(made, name, value)
    return made


def class_of(values):
    return with_attributes(type("Made", (Base,), {"__slots__": ("slot",)}), values)


KINDS = {
    "list": list,
    "tuple": tuple,
    "deque": collections.deque,
    "dict": lambda values: {f"key_{number}" if number % 2 else number: value for number, value in enumerate(values)},
    "keys": lambda values: {(number, "x"): value for number, value in enumerate(values)},
    "names": lambda values: {f"not a name {number}": value for number, value in enumerate(values)},
    "ordered": lambda values: collections.OrderedDict(enumerate(values)),
    "default": lambda values: collections.defaultdict(list, enumerate(values)),
    "set": lambda values: {Node, len(values), *map(id, values)},
    "removed": lambda values: (made := {*range(20, 40), *map(id, values)}).discard(30) or made,
    "frozenset": lambda values: frozenset([*map(id, values), "x"]),
    "node": lambda values: with_attributes(Node(), values),
    "many": lambda values: with_attributes(Node(), values * 12, names="many"),
    "deleted": lambda values: delattr(made := with_attributes(Node(), [1, *values]), "attribute_0") or made,
    "dict made": lambda values: vars(made := with_attributes(Node(), values)) and made,
    "slotted": lambda values: with_attributes(with_slots(Slotted(), values), values),
    "dictless": lambda values: with_slots(Dictless(), values),
    "namespace": lambda values: with_attributes(types.SimpleNamespace(), values),
    "closure": closure,
    "method": lambda values: types.MethodType(closure(values), values),
    "builtin method": lambda values: values.append,
    "partial": lambda values: functools.partial(print, *values, sep=values),
    "cached": lambda values: functools.lru_cache(closure(values)),
    "generator": suspended,
    "not started": generator,
    "coroutine": waiting,
    "asynchronous": asynchronous,
    "class": class_of,
    "instance": lambda values: with_attributes(type("Made", (Base,), {})(), values),
    "module": lambda values: with_attributes(types.ModuleType("made"), values),
    "error": failure,
    "oserror": lambda values: with_attributes(OSError(2, "none", "/nonexistent"), values),
    "iterator": iter,
    "weak": lambda values: weakref.ref(Base, closure(values)),
    "property": lambda values: property(closure(values)),
    "frame": lambda values: closure(values) and sys._getframe(),
    "socket": lambda values: (socket.socketpair(), values),
    "file": lambda values: (open("/dev/null"), values),  # noqa: SIM115
    "epoll": lambda values: (select.epoll(), values),
}

MUTABLE = ("list", "node")
"""Kinds that may refer to what is made later, and so close cycles."""


def build(description):
    made, given = [], []
    for kind, numbers in description:
        values = [made[number % len(made)] for number in numbers] if made else []
        given.append(values)
        made.append(KINDS[kind](values))
    for (kind, numbers), each in zip(description, made, strict=True):
        later = [made[number % len(made)] for number in numbers]
        if kind == "list":
            each.extend(later)
        elif kind == "node":
            with_attributes(each, later, names="later")
    return made, given


def main():
    from pyhandles.dump import _native
    from pyhandles.dump.portable import collector

    directory = sys.argv[1]
    held = build(json.load(sys.stdin))
    goes_on = wait_in_a_thread(held)
    gc.collect()
    _native.configure(directory, "", "", directory, "names", False, True, False)
    collector.configure(directory, "", "", directory, "names", False, True, False)
    # One after the other, so that this frame is the same in each.
    _native.capture(directory + "/before", "test")
    collector.capture(directory + "/portable", "test")
    _native.capture(directory + "/after", "test")
    goes_on.set()
    os._exit(0)


if __name__ == "__main__":
    main()
