"""The system's calls, made without giving up the GIL.

The child that captures is a copy of one thread: nobody is there to hand the GIL back, or to answer on the condition
variable that handing it over signals, so a call that gives it up may never return. Python's own functions for files
and processes all do; these do not, and none of them needs a free descriptor that its purpose does not.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_FILES = 0x400
AT_EMPTY_PATH = 0x1000
STATX_BASIC_STATS = 0x7FF
BYTE_ORDER = sys.byteorder
WALL = 0x4000_0000
"""For os.waitpid: children whose end is told to nobody, too."""

_CLONE_NUMBERS = {
    "x86_64": 56,
    "aarch64": 220,
    "riscv64": 220,
    "loongarch64": 220,
    "ppc64le": 120,
    "s390x": 120,
}

_DIRENT_NAME = 19
"""Where the name stands in an entry of a directory, on the machines of the table above."""

with contextlib.suppress(OSError):  # not every C library has it
    # What ends a thread of Python's at the interpreter's exit loads this; with no descriptor free, that would abort.
    ctypes.CDLL("libgcc_s.so.1")
_libc = ctypes.PyDLL(None, use_errno=True)
# Looked up now, and buffers made now: in the child, all that is made for the first time is one more object to walk.
_INTS = ("alarm", "close", "closedir", "fcntl", "getpeername", "getsockname", "getsockopt", "link", "nice", "open")
_LONGS = ("lseek", "readlink", "syscall", "write")
_POINTERS = ("opendir", "readdir", "signal")
for _names, _result in (
    (_INTS, ctypes.c_int),
    (_LONGS, ctypes.c_long),
    (_POINTERS, ctypes.c_void_p),
    (("unlink", "unshare"), ctypes.c_int),
):
    for _name in _names:
        getattr(_libc, _name).restype = _result
_statx = getattr(_libc, "statx", None)  # an old C library has none
_path = ctypes.create_string_buffer(4096)
_facts = ctypes.create_string_buffer(256)
_length = ctypes.c_uint(0)


class Status(NamedTuple):
    """Of a descriptor; ``device`` as ``os.stat`` gives it."""

    mode: int
    device: int
    inode: int
    size: int


def clone_number() -> int | None:
    """The number of the system call that makes a child, or None on a machine whose number is not known."""
    return _CLONE_NUMBERS.get(os.uname().machine)


def cloning(number: int) -> Callable[[], int]:
    """A function that does as fork, but that no handler of anybody's runs, and the child's end is told to nobody.

    It gives 0 in the child, and -1 where none can be made. It is no function of Python's, for nobody's tools are to
    be told in the child that it returns.
    """
    return functools.partial(_libc.syscall, *(ctypes.c_long(each) for each in (number, 0, 0, 0, 0, 0)))


def unshare_descriptors() -> bool:
    """Give the calling thread a descriptor table of its own, for ever. False where that is refused."""
    return bool(_libc.unshare(CLONE_FILES) == 0)


def end_by_alarm(seconds: int) -> None:
    """Let SIGALRM end this process after a while."""
    _libc.signal(14, ctypes.c_void_p(0))
    _libc.alarm(seconds)


def open_file(path: bytes, flags: int, mode: int = 0) -> int:
    return _checked(_libc.open(path, flags, ctypes.c_uint(mode)))


def write(fd: int, data: bytes | memoryview) -> None:
    """Write all of it."""
    view = memoryview(data).cast("B")
    while len(view):
        piece = bytes(view[: 1 << 20])
        view = view[_checked(_libc.write(fd, piece, ctypes.c_size_t(len(piece)))) :]


def close(fd: int) -> None:
    _libc.close(fd)


def link(source: bytes, target: bytes) -> None:
    _checked(_libc.link(source, target))


def unlink(path: bytes) -> None:
    _checked(_libc.unlink(path))


def lower_priority() -> None:
    _libc.nice(10)


def list_directory(path: bytes) -> list[bytes]:
    """The names in a directory. It is open meanwhile, which takes a free descriptor.

    Raises: OSError.
    """
    directory = _libc.opendir(path)
    if not directory:
        raise failure()
    names = []
    while entry := _libc.readdir(ctypes.c_void_p(directory)):
        names.append(ctypes.string_at(entry + _DIRENT_NAME))
    _libc.closedir(ctypes.c_void_p(directory))
    return names


def read_link(path: bytes) -> bytes:
    """Where a symbolic link leads; empty where it cannot be read."""
    length = _libc.readlink(path, _path, ctypes.c_size_t(len(_path)))
    return _path.raw[:length] if length > 0 else b""


def control(fd: int, command: int) -> int:
    """``fcntl`` without an argument; below 0 where it fails."""
    return int(_libc.fcntl(fd, command, ctypes.c_long(0)))


def position(fd: int) -> int:
    """Of the next read; below 0 where there is none."""
    return int(_libc.lseek(fd, ctypes.c_long(0), os.SEEK_CUR))


def status(fd: int) -> Status | None:
    """What ``fstat`` says; ``statx`` has one layout on all machines."""
    if _statx is None or _statx(fd, b"", AT_EMPTY_PATH, ctypes.c_uint(STATX_BASIC_STATS), _facts) < 0:
        return None
    data = _facts.raw

    def number(at: int, width: int) -> int:
        return int.from_bytes(data[at : at + width], BYTE_ORDER)

    return Status(number(28, 2), os.makedev(number(136, 4), number(140, 4)), number(32, 8), number(40, 8))


def socket_option(fd: int, level: int, option: int) -> bytes:
    """A socket's option as the kernel gives it; empty where there is none."""
    _length.value = len(_facts)
    failed = _libc.getsockopt(fd, level, option, _facts, ctypes.byref(_length)) < 0
    return b"" if failed else _facts.raw[: _length.value]


def socket_address(fd: int, *, peer: bool) -> bytes:
    """The ``sockaddr`` of a socket, or of its peer; empty where there is none."""
    _length.value = len(_facts)
    ask = _libc.getpeername if peer else _libc.getsockname
    return b"" if ask(fd, _facts, ctypes.byref(_length)) < 0 else _facts.raw[: _length.value]


def failure() -> OSError:
    """Of the last call."""
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


def _checked(result: int) -> int:
    if result < 0:
        raise failure()
    return result
