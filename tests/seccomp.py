"""Refuses system calls to the process that calls, for good: what a container's policy does, or a system in need."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct

IS_X86 = platform.machine() == "x86_64"
CLONE = 56 if IS_X86 else 220
CLONE3 = 435
"""With which the C library makes threads."""
KCMP = 312 if IS_X86 else 272
PTRACE = 101 if IS_X86 else 117
PROCESS_VM_READV = 310 if IS_X86 else 270
MAKE_FILES = (2, 257, 41, 53, 293, 290, 319) if IS_X86 else (56, 198, 199, 59, 19, 279)
"""open, openat, socket, socketpair, pipe2, eventfd2, memfd_create."""

UNSHARE = 272 if IS_X86 else 97
CLOSE_RANGE = 436
SCHED_SETAFFINITY = 203 if IS_X86 else 122

_CLONE_VM = 0x100
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _FIRST_ARGUMENT = 0, 16
_ALLOW, _ASK, _FAIL, _END = 0x7FFF0000, 0x7FC00000, 0x00050000, 0x80000000
_SECCOMP = 317 if IS_X86 else 277
_SET_MODE_FILTER, _NEW_LISTENER = 1, 8
_RECEIVE, _SEND, _GO_ON = 0xC0502100, 0xC0182101, 1


def refuse_fork(*, threads_too: bool = False) -> None:
    """Answer EPERM to every clone; to one that makes a thread only if asked to."""
    refuse, allow = (_RETURN, 0, 0, _FAIL | errno.EPERM), (_RETURN, 0, 0, _ALLOW)
    number = (_LOAD, 0, 0, _NUMBER)
    if threads_too:
        _filter([number, (_EQUAL, 2, 0, CLONE), (_EQUAL, 1, 0, CLONE3), allow, refuse])
    else:
        flags = (_LOAD, 0, 0, _FIRST_ARGUMENT)
        _filter([number, (_EQUAL, 0, 3, CLONE), flags, (_ANY_BIT, 1, 0, _CLONE_VM), refuse, allow])


def refuse_threads() -> None:
    """Answer EPERM to every clone that makes a thread, and to none that makes a process."""
    flags = (_LOAD, 0, 0, _FIRST_ARGUMENT)
    refuse, allow = (_RETURN, 0, 0, _FAIL | errno.EPERM), (_RETURN, 0, 0, _ALLOW)
    number = (_LOAD, 0, 0, _NUMBER)
    _filter([number, (_EQUAL, 3, 0, CLONE3), (_EQUAL, 0, 3, CLONE), flags, (_ANY_BIT, 0, 1, _CLONE_VM), refuse, allow])


class HoldUp:
    """Every such call of this thread, and of those that it begins from here on, waits until it is let go."""

    def __init__(self, call: int) -> None:
        instructions = [(_LOAD, 0, 0, _NUMBER), (_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ASK), (_RETURN, 0, 0, _ALLOW)]
        libc, (code, program) = ctypes.CDLL(None, use_errno=True), _program(instructions)
        if libc.prctl(38, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs")
        self._listener = libc.syscall(_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER, program)
        if self._listener < 0:
            raise OSError(ctypes.get_errno(), "seccomp")
        del code

    def let_go(self) -> None:
        """Let the one go that has waited longest; wait for it where there is none yet."""
        notice = fcntl.ioctl(self._listener, _RECEIVE, bytes(80))
        [number] = struct.unpack_from("Q", notice)
        fcntl.ioctl(self._listener, _SEND, struct.pack("QqiI", number, 0, 0, _GO_ON))


def no_more_files() -> None:
    """Answer ENFILE to every call that would open a file, as a system does that has no more."""
    refuse(*MAKE_FILES, error=errno.ENFILE)


def refuse(*calls: int, error: int = errno.EPERM) -> None:
    """Answer with an error to each of these calls, by their numbers."""
    _filter(
        [
            (_LOAD, 0, 0, _NUMBER),
            *((_EQUAL, len(calls) - place, 0, number) for place, number in enumerate(calls)),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _FAIL | error),
        ]
    )


def forbid(call: int) -> None:
    """End whichever process makes this call, as a filter does that names no error."""
    _filter([(_LOAD, 0, 0, _NUMBER), (_EQUAL, 0, 1, call), (_RETURN, 0, 0, _END), (_RETURN, 0, 0, _ALLOW)])


def no_nameless_files() -> None:
    """Answer EOPNOTSUPP to O_TMPFILE, as some file systems do."""
    _filter(
        [
            (_LOAD, 0, 0, _NUMBER),
            (_EQUAL, 0, 3, 257 if IS_X86 else 56),
            (_LOAD, 0, 0, _FIRST_ARGUMENT + 2 * 8),
            (_ANY_BIT, 0, 1, 0o20000000),
            (_RETURN, 0, 0, _FAIL | errno.EOPNOTSUPP),
            (_RETURN, 0, 0, _ALLOW),
        ]
    )


def refuse_netlink() -> None:
    """Answer EPERM to whoever would ask the kernel about sockets."""
    _filter(
        [
            (_LOAD, 0, 0, _NUMBER),
            (_EQUAL, 0, 3, 41 if IS_X86 else 198),
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (_EQUAL, 0, 1, socket.AF_NETLINK),
            (_RETURN, 0, 0, _FAIL | errno.EPERM),
            (_RETURN, 0, 0, _ALLOW),
        ]
    )


def refuse_kcmp() -> None:
    """Answer EPERM to whoever would compare the open files of processes."""
    number = (_EQUAL, 0, 1, 312 if IS_X86 else 272)
    _filter([(_LOAD, 0, 0, _NUMBER), number, (_RETURN, 0, 0, _FAIL | errno.EPERM), (_RETURN, 0, 0, _ALLOW)])


def _filter(instructions: list[tuple[int, int, int, int]]) -> None:
    libc, (code, program) = ctypes.CDLL(None, use_errno=True), _program(instructions)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    del code


def _program(instructions: list[tuple[int, int, int, int]]) -> tuple[object, object]:
    """The code, which must be kept meanwhile, and what leads to it."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    return code, ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(instructions), ctypes.addressof(code)))
