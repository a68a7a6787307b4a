"""The contract between the two halves: what a snapshot file is made of.

A snapshot is one pickle (protocol 5) of one dict whose leaves are ``int``, ``float``, ``str``, ``bytes``,
``bool`` and ``None``, nested in ``dict`` and ``list``. The big tables are columns: little-endian numbers in
one ``bytes`` each, which numpy views in the mapped file without copying.

    {"format": MAGIC, "version": VERSION, "writer": "native", "pyhandles": "0.1.0",
     "time": 1763706643.2, "trigger": "emfile", "errno": 24,
     "process": {"pid", "ppid", "argv", "executable", "cwd"},
     "python": {"version", "hexversion", "implementation", "platform", "machine"},
     "limits": {"open", "soft", "hard", "met"},
     "gc": {"enabled", "thresholds", "counts", "collections", "collecting", "garbage"},
     "options": {"keys", "redact"},
     "capture": {"mode", "unreadable", "seconds"},
     "tables": {NAME: {"rows": N, "columns": {NAME: {"type": "<u4", "pad": b"", "data": b"", "crc32": 0}}}}}

``pad`` holds 0 to 7 bytes, as many as put ``data`` on a multiple of eight in the file. ``crc32`` is that of
zlib. Every column of a table has ``rows`` numbers. A column that a reader does not know is ignored, so columns
may be added within a version; a column that is dropped or changes its meaning makes a new one.

Standard library only: both halves import this module, and nothing else of each other.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

MAGIC = "pyhandles-snapshot"

VERSION = 1
"""1: the first."""

NOTHING = 0xFFFF_FFFF
"""Stands for "no object" and "no text" in a ``<u4`` column of indices."""

SATURATED = 0xFFFF_FFFF
"""A reference count that does not fit, or that is not counted because the object is immortal."""

LABEL_KIND_SHIFT = 27
LABEL_UNCOUNTED = 1 << 26
"""Set in a label where the source does not report the reference to the collector (``tp_traverse``), so that it
must not be subtracted from the target's reference count, or where it owns no reference at all."""
LABEL_VALUE_MASK = LABEL_UNCOUNTED - 1


class LabelKind(IntEnum):
    """What a reference is called. The comment says what the label's value is."""

    UNKNOWN = 0  # n: the n-th, from 0, that its source reports
    ATTRIBUTE = 1  # text: of an instance or a class, by its dict or its inline values
    SLOT = 2  # text: of ``__slots__``
    MEMBER = 3  # text: a field of an object whose type is written in C
    ITEM = 4  # index
    VALUE_NAME = 5  # text: the key, which looks like a name
    VALUE_INT = 6  # the key, zigzag: 0, -1, 1, -2 are 0, 1, 2, 3
    VALUE_HASH = 7  # keyed hash of the key
    VALUE_TYPE = 8  # text: the name of the key's type
    KEY_NAME = 9  # as VALUE_NAME, for the reference to the key itself
    KEY_INT = 10
    KEY_HASH = 11
    KEY_TYPE = 12
    CLOSURE = 13  # text: a closure variable, from the function's ``__closure__`` tuple to the cell
    LOCAL = 14  # text: a local variable, from a frame, generator or coroutine
    GLOBAL = 15  # text: from a module's dict to the value
    STACK = 16  # depth: on the evaluation stack of a frame, known for certain
    STACK_CANDIDATE = 17  # depth: a word of a frame's stack that equals the target's address; may be stale
    TYPE = 18  # nothing: to the object's own type
    BASE = 19  # index in ``__bases__``
    WEAK = 20  # nothing: a weak reference's target; always uncounted, never followed
    CONTEXT = 21  # text: the name of a context variable
    MEMBER_ITEM = 22  # index: into an array of a C object that is not a Python sequence
    SET_ITEM = 23  # index in iteration order: a member of a set or frozenset


class ObjectFlag(IntFlag):
    TRACKED = 1  # in one of the collector's lists
    COLLECTABLE = 2  # its type takes part in garbage collection
    IMMORTAL = 4
    UNREADABLE = 8  # its tp_traverse crashed: its references are missing
    FRAME = 16  # a running frame; its address is the interpreter's own frame where no frame object exists
    GENERATION_1 = 32
    GENERATION_2 = 64
    FROZEN = 128  # in the permanent generation
    DEFERRED = 256  # its references are not counted in its targets' reference counts
    COLLECTING = 512  # not in a list but being collected while the snapshot was made


class RootKind(IntEnum):
    MODULE = 1  # name: the key in sys.modules
    FRAME = 2  # a running frame of a thread
    INTERPRETER = 3  # name: what of the interpreter's own state
    THREAD = 4  # name: what of a thread's state


class FrameKind(IntEnum):
    RUNNING = 0
    GENERATOR = 1  # suspended, as are the next two
    COROUTINE = 2
    ASYNC_GENERATOR = 3
    FINISHED = 4  # kept by a traceback, say


class OwnerKind(IntEnum):
    FILE = 1
    SOCKET = 2
    EPOLL = 3
    MMAP = 4
    SCANDIR = 5


class OwnerFlag(IntFlag):
    BORROWED = 1  # opened with closefd=False: no owner
    CLOSED = 2  # its descriptor field says closed
    CLOSING = 4  # close() was called, and waits


class TypeFlag(IntFlag):
    HEAP = 1
    EXCEPTION = 2


OBJECT = "<u4"  # an index into "objects", or NOTHING
TEXT = "<u4"  # an index into "strings", or NOTHING

TABLES: dict[str, dict[str, str]] = {
    # "end": where this object's references end; they begin where the former object's end.
    "objects": {
        "address": "<u8",
        "type": OBJECT,
        "size": "<u8",
        "refcount": "<u4",
        "flags": "<u2",
        "end": "<u4",
    },
    # label = kind << LABEL_KIND_SHIFT | LABEL_UNCOUNTED? | value
    "references": {"target": OBJECT, "label": "<u4"},
    # "end": where this text ends in "text"; it begins where the former ends. UTF-8, surrogates passed through.
    "strings": {"end": "<u4"},
    "text": {"utf8": "<u1"},
    "types": {"object": OBJECT, "module": TEXT, "qualname": TEXT, "base": OBJECT, "flags": "<u4"},
    "modules": {"object": OBJECT, "name": TEXT, "file": TEXT},
    "functions": {"object": OBJECT, "module": TEXT, "qualname": TEXT, "code": OBJECT},
    "codes": {"object": OBJECT, "name": TEXT, "qualname": TEXT, "file": TEXT, "line": "<u4"},
    "exceptions": {"object": OBJECT, "message": TEXT},
    "threads": {"ident": "<u8", "native": "<u8", "name": TEXT, "flags": "<u4"},
    # "thread": row of "threads", or NOTHING; "depth": 0 is the innermost frame of its thread.
    "frames": {"object": OBJECT, "code": OBJECT, "line": "<i4", "thread": "<u4", "depth": "<u4", "kind": "<u4"},
    "roots": {"object": OBJECT, "kind": "<u4", "name": TEXT},
    # "fd": -1 when closed. "uses": of a socket, how many makefile() objects keep it open; else 0.
    "owners": {"object": OBJECT, "fd": "<i4", "kind": "<u4", "flags": "<u4", "uses": "<i4"},
    # Small integers in places named like a descriptor. "label" as in "references".
    "numbers": {"object": OBJECT, "label": "<u4", "value": "<i4"},
    # -1 where the kernel would not say. "flags": of F_GETFL. "listening": 1 or 0, -1 for what is no socket.
    # "start": 1 where the same file stood at this number when pyhandles was installed.
    # "local" and "peer": "10.0.0.7:80", "[::1]:80", "/run/x.sock", "@abstract", "" for an unnamed socket.
    "descriptors": {
        "fd": "<i4",
        "link": TEXT,
        "mode": "<u4",
        "device": "<u8",
        "inode": "<u8",
        "size": "<i8",
        "position": "<i8",
        "flags": "<i4",
        "cloexec": "<i4",
        "family": "<i4",
        "socktype": "<i4",
        "protocol": "<i4",
        "listening": "<i4",
        "state": "<i4",
        "local": TEXT,
        "peer": TEXT,
        "start": "<u4",
    },
}
"""Name and column type of every table of this version."""

THREAD_MAIN = 1
THREAD_CAPTURING = 2
