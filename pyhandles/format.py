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
     "recorder": {"since", "depth", "misuse", "events", "numbers", "unseen"},
     "kernel": {"waits", "files", "sockets", "processes", "hidden"},
     "failed_call": {"call", "fd", "address"},
     "tables": {NAME: {"rows": N, "columns": {NAME: {"type": "<u4", "pad": b"", "data": b"", "crc32": 0}}}},
     "crc32": 0}

``pad`` holds 0 to 7 bytes, as many as put ``data`` on a multiple of eight in the file. A column's ``crc32``, that
of zlib, is of its ``data``. The one that ends the file is of every byte before it that is no column's ``data``: with
both, no bit of the file can change unnoticed. Every column of a table has ``rows`` numbers. A column that a reader
does not know is ignored, so columns and tables may be added within a version; a column that is dropped or changes its
meaning makes a new one.

"recorder" is None where nothing was recorded. "since": seconds since 1970; "events": all there have been, of which the
table has the last; "numbers": descriptors below this one have a history; "unseen": events of those above, and whatever
else found no room, for which the counters stand.

"kernel" is None where nothing was asked of it but the descriptors. "waits", "files", "sockets" and "processes": None
where it told all; else a text that says what it did not, and why. "hidden": so many processes did not let their
descriptors be seen. "failed_call": the call whose error the capture was made for: the descriptor, -1 where not known,
and the address that it was given, None where not known; None where the call is not known.

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


class SiteFlag(IntFlag):
    STANDARD = 1  # in the standard library, or in the interpreter's own frozen modules
    NATIVE = 2  # no Python code was running: "file" is the library that called, or no text


class EventFlag(IntFlag):
    """What an event did to the descriptor that it is about. A failed call did nothing."""

    OPENED = 1  # "fd", and "other" where the call makes two
    CLOSED = 2  # "fd", or all from "fd" to "other"
    REPLACED = 4  # "fd" was open before, and was closed by being given out again: dup2
    WIDENED = 8  # it was delayed on demand
    RECEIVED = 16  # from another process, by a message


class CounterFlag(IntFlag):
    IN_CHILDREN = 1  # calls of forked children, before they ran another program


class MisuseKind(IntEnum):
    DOUBLE_CLOSE = 1  # a close of what had been closed
    FOREIGN_CLOSE = 2  # a close of a descriptor that an object still owned
    USE_AFTER_CLOSE = 3  # a call that failed because the descriptor had been closed
    LATE_USE = 4  # a call that reached another file than its caller had meant: the number had been given out again


class WaitState(IntEnum):
    UNSEEN = 0
    CALL = 1  # it waits in a call of the kernel's
    RUNNING = 2


class AccessFlag(IntFlag):
    """What a descriptor was opened for."""

    READ = 1
    WRITE = 2


OBJECT = "<u4"  # an index into "objects", or NOTHING
TEXT = "<u4"  # an index into "strings", or NOTHING
SITE = "<u4"  # a row of "sites", or NOTHING
STACK = "<u4"  # a row of "stacks", or NOTHING

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
    # asyncio's. With ``redact`` no name that the program may have given.
    "tasks": {"object": OBJECT, "name": TEXT},
    "threads": {"ident": "<u8", "native": "<u8", "name": TEXT, "flags": "<u4"},
    # "thread": row of "threads", or NOTHING; "depth": 0 is the innermost frame of its thread.
    "frames": {"object": OBJECT, "code": OBJECT, "line": "<i4", "thread": "<u4", "depth": "<u4", "kind": "<u4"},
    "roots": {"object": OBJECT, "kind": "<u4", "name": TEXT},
    # "fd": -1 when closed. "uses": of a socket, how many makefile() objects keep it open; else 0.
    "owners": {"object": OBJECT, "fd": "<i4", "kind": "<u4", "flags": "<u4", "uses": "<i4"},
    # Numbers of open descriptors, in places named like one or in containers there: a list's items, a dict's values, a
    # closure variable's cell. "label" as in "references".
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
    # How many tracked objects of each type there were at ``install(census=True)``; without, no rows.
    # "type": its module, a dot, and the last part of its name.
    "census": {"type": TEXT, "count": "<u4"},
    # What the recorder saw; without it, no rows. Times are nanoseconds since 1970, "thread" the kernel's number.
    # "function": its qualified name.
    "sites": {"file": TEXT, "function": TEXT, "line": "<u4", "flags": "<u4"},
    # "end": where this stack's frames end in "stack_frames"; they begin where the former's end, innermost first.
    # "site": the one to tell of: the innermost outside the standard library.
    "stacks": {"end": "<u4", "site": SITE},
    "stack_frames": {"site": SITE},
    # In the order in which they ended. "fd": the number made, closed or used, or -1. "other": the one copied, the
    # second one made, the last one closed, the one that listens, or -1. "errno": 0 where it worked. "generation": how
    # many openings of the number were known when it ended. "detail": a file's name, or an address as in "descriptors".
    # A close has its effect from its start on; an opening when it ends.
    "events": {
        "sequence": "<u8",
        "time": "<u8",
        "duration": "<u8",
        "thread": "<u4",
        "call": TEXT,
        "fd": "<i4",
        "other": "<i4",
        "result": "<i4",
        "errno": "<i4",
        "flags": "<u4",
        "generation": "<u4",
        "stack": STACK,
        "detail": TEXT,
    },
    # The present opening of each descriptor that was opened since. "pid": of the process that opened it, which may be a
    # parent of this one.
    "openings": {
        "fd": "<i4",
        "time": "<u8",
        "thread": "<u4",
        "pid": "<u4",
        "call": TEXT,
        "generation": "<u4",
        "stack": STACK,
    },
    # By call and site, which is NOTHING for those sites that found no room. "unopened": closes that failed because the
    # number was not open, and never had been. "run_first" and "run_last": the longest run of consecutive numbers that
    # were closed one after the other; -1 where there was none.
    "counters": {
        "call": TEXT,
        "site": SITE,
        "flags": "<u4",
        "count": "<u8",
        "errors": "<u8",
        "nanoseconds": "<u8",
        "unopened": "<u8",
        "run_first": "<i4",
        "run_last": "<i4",
    },
    # "counter": row of "counters". "errno": 0 for all those that found no room.
    "counter_errors": {"counter": "<u4", "errno": "<i4", "count": "<u8"},
    # The first of each kind at each site, and how many there were. "closed_…": the close that came before; "opened_…":
    # the opening that is the number's present one, or was its last. Time 0 and thread 0: not known.
    "misuses": {
        "kind": "<u4",
        "count": "<u8",
        "time": "<u8",
        "thread": "<u4",
        "pid": "<u4",
        "call": TEXT,
        "fd": "<i4",
        "stack": STACK,
        "closed_time": "<u8",
        "closed_thread": "<u4",
        "closed_stack": STACK,
        "opened_time": "<u8",
        "opened_thread": "<u4",
        "opened_stack": STACK,
    },
    # What each thread of the process was doing, Python's or not, just before all stood still. "call": the kernel's name
    # for it, "recvfrom"; no text where "state" is no call. "fd": the number that it was given, whatever that leads to
    # by now; "other": the second one, of "splice", say; -1 for none. "asleep": nanoseconds for which it had not run,
    # at least; -1: not known.
    "waits": {"native": "<u8", "state": "<u4", "call": TEXT, "fd": "<i4", "other": "<i4", "asleep": "<i8"},
    # What is waited for in sets: "set": the epoll's number, or -1 and "native", a thread that is in poll or select,
    # else 0. "fd": the number as it was registered; "events": as of poll(2). "device", "inode": of the file that was
    # registered, as in "descriptors"; 0 for poll and select, which know numbers alone.
    "watches": {"set": "<i4", "native": "<u8", "fd": "<i4", "events": "<u4", "device": "<u8", "inode": "<u8"},
    # The open file behind each descriptor. "same": the lowest descriptor of this process with the same open file
    # description. "unsent": bytes that were written and are not taken yet; of a udp or Unix socket the memory that they
    # take, which is more; "unread": bytes that wait to be read, of a socket with messages the first one's.
    # "linger": seconds of SO_LINGER, -1 where it is off. "peer_pid": the process that stood at the other end of a Unix
    # socket when it was connected. "terminal": N of the pseudoterminal /dev/pts/N of which this is either end. -1 for
    # what does not apply or is not known.
    "files": {
        "fd": "<i4",
        "same": "<i4",
        "unsent": "<i8",
        "unread": "<i8",
        "linger": "<i4",
        "peer_pid": "<i4",
        "terminal": "<i4",
    },
    # Sockets of the system (of the network's namespace), this process's own among them, which have to do with its
    # addresses and with those at their other ends. "inode": 0 where no process can have it any more. "state": the
    # kernel's number, 1 ESTABLISHED, 6 TIME_WAIT, 10 LISTEN, 7 bound and neither (which kernels before 6.8 do not
    # tell); of a udp or Unix socket, 1 connected, 7 not. "local", "peer": as in "descriptors". "unsent", "unread":
    # bytes; of one that listens, the most that may wait to be accepted, and how many do. "uid": NOTHING where not
    # known. "timer": 1 retransmits, 2 keepalive or until a half-closed one is given up, 3 TIME_WAIT, 4 zero window; 0
    # none, and "expires": milliseconds until then. "peer_inode": of a Unix socket, 0 where there is none or it is not
    # known.
    "sockets": {
        "inode": "<u8",
        "family": "<i4",
        "socktype": "<i4",
        "protocol": "<i4",
        "state": "<i4",
        "local": TEXT,
        "peer": TEXT,
        "unsent": "<u8",
        "unread": "<u8",
        "uid": "<u4",
        "timer": "<u4",
        "expires": "<u4",
        "peer_inode": "<u8",
    },
    # Other processes' descriptors that lead to a file of this one, to its other end, or to one of "sockets". "device",
    # "inode": as in "descriptors"; the device of a socket or pipe may be 0. "same": a descriptor of this process with
    # the same open file description: -1 there is none, -2 it was not possible to find out. "access": `AccessFlag`.
    # "terminal": N of the pseudoterminal /dev/pts/N of which it is the other end, -1 for none.
    "held_elsewhere": {
        "pid": "<u4",
        "fd": "<i4",
        "device": "<u8",
        "inode": "<u8",
        "same": "<i4",
        "access": "<u4",
        "terminal": "<i4",
    },
    # This process, those of "held_elsewhere", its descendants and its parent. "started": nanoseconds since 1970, 0
    # where not known. "name": the kernel's short one; "command": with its arguments, no text with ``redact``.
    # "visible": 1 where its descriptors could be seen.
    "processes": {
        "pid": "<u4",
        "parent": "<u4",
        "started": "<u8",
        "uid": "<u4",
        "name": TEXT,
        "command": TEXT,
        "visible": "<u4",
    },
}
"""Name and column type of every table of this version."""

RECORDED_TABLES = frozenset(
    {"sites", "stacks", "stack_frames", "events", "openings", "counters", "counter_errors", "misuses"}
)
KERNEL_TABLES = frozenset({"waits", "watches", "files", "sockets", "held_elsewhere", "processes"})
ADDED_TABLES = frozenset({"tasks"}) | RECORDED_TABLES | KERNEL_TABLES
"""Tables that a file of this version may lack: it was written before there were any such."""

DEEPEST_STACK = 64
"""So many frames of a stack are recorded at most."""

THREAD_MAIN = 1
THREAD_CAPTURING = 2
