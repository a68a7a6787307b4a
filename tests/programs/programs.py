"""All the programs that leak, each in a way of its own."""

from __future__ import annotations

from tests.programs import descriptors, exceptions, garbage, names, native, running

PROGRAMS = (
    names.PROGRAMS | running.PROGRAMS | exceptions.PROGRAMS | garbage.PROGRAMS | native.PROGRAMS | descriptors.PROGRAMS
)

SEEN_LESS = {
    "lru_cache on a method": "the fields of what is written in C have no names",
    "an exit handler": "the interpreter's own state is not seen",
    "a thread-local": "the fields of what is written in C have no names",
    "a context variable": "the interpreter's own state is not seen",
    "an exception kept in a list": "frames that are finished have no names",
    "the last exception of an interactive session": "frames that are finished have no names",
    "a traceback alone": "frames that are finished have no names",
    "an exception and its frame": "frames that are finished have no names",
}
"""Where the portable collector tells less, and why."""
