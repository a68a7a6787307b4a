"""A recorded call as strace writes it: ``openat("/etc/hosts") = 5``, ``close(5) = -1 EBADF (Bad file descriptor)``."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from pyhandles.format import EventFlag

if TYPE_CHECKING:
    from pyhandles.snapshot.recorded import Event

_PAIRS = {"socketpair", "pipe", "pipe2", "openpty"}
_COPIES_ONTO = {"dup2", "dup3"}
_RANGES = {"close_range"}
_LAST_OF_ALL = 2**31 - 1
_WITH_ADDRESS = {"bind", "connect", "accept", "accept4", "sendto", "sendmsg", "recvfrom", "recvmsg"}
_GIVE_POINTERS = {"fopen", "freopen", "tmpfile", "fdopen", "opendir", "fdopendir", "popen"}


def call_text(event: Event) -> str:
    """The call, its arguments and what came of it."""
    return f"{plain_call(event.call)}({arguments_text(event)}) = {result_text(event)}"


def arguments_text(event: Event) -> str:
    """What is known of the arguments: numbers, then a file's name in quotes or an address.

    Two that were made stand in brackets, as the program gets them. Contents and sizes are not recorded.
    """
    return ", ".join([*_numbers(event), *([_detail(event.call, event.detail)] if event.detail else [])])


def result_text(event: Event) -> str:
    """What the call gave back; ``-1 EBADF (Bad file descriptor)`` where it failed. Of a stream, its descriptor."""
    if event.errno:
        nothing = "NULL" if plain_call(event.call) in _GIVE_POINTERS else str(event.result)
        return f"{nothing} {errno_name(event.errno)} ({os.strerror(event.errno)})"
    if plain_call(event.call) in _GIVE_POINTERS and event.fd >= 0:
        return str(event.fd)
    return str(event.result)


def errno_name(number: int) -> str:
    """``EBADF``; of a number that this system does not know, the number."""
    return errno.errorcode.get(number, str(number))


def plain_call(call: str) -> str:
    """What programmers call it: ``open`` for ``open64`` and ``__open_2``, which the C library has beside it."""
    plain = call.removeprefix("__")
    for ending in ("_chk", "_2", "64"):
        plain = plain.removesuffix(ending)
    return plain


def made_by(event: Event) -> tuple[int, ...]:
    """The numbers that the call gave out, or gave to another file."""
    if not event.flags & EventFlag.OPENED:
        return ()
    return (event.fd, event.other) if event.call in _PAIRS else (event.fd,)


def _numbers(event: Event) -> list[str]:
    """The descriptors that the call was given, and where it wrote the new ones: those."""
    fd, other, call = event.fd, event.other, plain_call(event.call)
    opened = event.flags & EventFlag.OPENED
    if event.flags & EventFlag.RECEIVED:
        return [f"SCM_RIGHTS [{fd}]"]
    if call in _PAIRS:
        return [f"[{fd}, {other}]"] if opened else []
    if call in _RANGES:
        given = [fd, other]
    elif call in _COPIES_ONTO and other >= 0:
        given = [other, fd]
    else:
        given = [other if opened else fd]
    texts = ["~0U" if number == _LAST_OF_ALL else str(number) for number in given if number >= 0]
    return [*texts, "F_DUPFD"] if call == "fcntl" else texts


def _detail(call: str, detail: str) -> str:
    if call in _WITH_ADDRESS:
        return detail
    escaped = detail.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
